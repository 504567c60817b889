/** A thread that judges SAML responses, one at a time: `threads.ts` starts it, hands it questions and ends it. */
import { parentPort } from "node:worker_threads";
import { type ConnectionUrls, type SamlAnswer, SignInRefused, type SsoConnection } from "../types.ts";
import { finishSaml } from "./finishSaml.ts";

/** The arguments of `finishSaml`. */
export interface Question {
  readonly connection: SsoConnection;
  readonly urls: ConnectionUrls;
  readonly message: { readonly samlResponse: string };
  readonly now: Date;
}

/** What it comes to; errors lose their class between threads. */
export type Outcome =
  | { readonly answer: SamlAnswer }
  | { readonly refused: { readonly code: string; readonly detail: string } }
  | { readonly fault: string };

async function outcomeOf({ connection, urls, message, now }: Question): Promise<Outcome> {
  try {
    return { answer: await finishSaml(connection, urls, message, now) };
  } catch (error) {
    // The cause stays here: the library's own words may quote the response.
    if (error instanceof SignInRefused) return { refused: { code: error.code, detail: error.message } };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on("message", (question: Question) => {
  void outcomeOf(question).then((outcome) => parentPort?.postMessage(outcome, []));
});
parentPort?.postMessage("ready", []);
