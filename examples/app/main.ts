/** `node --import tsx/esm examples/app/main.ts`, with its settings in the environment. */
import { createApp } from "./app.ts";

const { APP_PORT = "4000", ISSUER = "", CLIENT_ID = "", CLIENT_SECRET = "", WEBHOOK_SECRET = "" } = process.env;
const url = `http://localhost:${APP_PORT}`;
const settings = {
  url,
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  webhookSecret: WEBHOOK_SECRET,
};
const app = await createApp(settings);
app.listen(Number(APP_PORT), "127.0.0.1");
