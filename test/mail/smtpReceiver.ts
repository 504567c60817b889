/** A real SMTP server on loopback, without STARTTLS, that answers as it is told. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** What to answer; undefined = accept. */
export interface Answers {
  sender?: () => number | undefined;
  recipient?: () => number | undefined;
  /** Asked when the letter is there; may take its time. */
  data?: () => number | undefined | Promise<number | undefined>;
  login?: (user: string, password: string) => boolean;
}

interface Received {
  readonly from: string;
  readonly to: string[];
  readonly source: string;
}

export interface Receiver {
  readonly port: number;
  readonly received: Received[];
  close(): Promise<void>;
}

export async function startReceiver(answers: Answers = {}): Promise<Receiver> {
  const received: Received[] = [];
  const server = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: answers.login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      if (answers.login?.(username ?? "", password ?? "")) done(null, { user: username });
      else done(coded(535));
    },
    onMailFrom: (_address, _session, done) => done(coded(answers.sender?.())),
    onRcptTo: (_address, _session, done) => done(coded(answers.recipient?.())),
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        void (async () => {
          const refusal = coded(await answers.data?.());
          if (refusal) return done(refusal);
          const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          received.push({ from, to, source: Buffer.concat(chunks).toString("utf8") });
          done();
        })();
      });
    },
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return { port, received, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function coded(code: number | undefined): Error | null {
  return code === undefined ? null : Object.assign(new Error("as the test says"), { responseCode: code });
}
