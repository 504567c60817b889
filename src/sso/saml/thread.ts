/** A thread that reads what identity providers say, one thing at a time: `threads.ts` starts it, hands it tasks and ends it. */
import { parentPort } from "node:worker_threads";
import { Refusal } from "../../base/errors.ts";
import {
  type ConnectionUrls,
  type LogoutMessage,
  type SamlAnswer,
  type SamlSettings,
  SignInRefused,
  type SsoConnection,
} from "../types.ts";
import { finishSaml } from "./finishSaml.ts";
import { readIdpMetadata } from "./idpMetadata.ts";
import { judgeLogout, type LogoutInput } from "./judgeLogout.ts";
import type { SettingsOptions } from "./settings.ts";

/** The arguments of `finishSaml`. */
export interface Question {
  readonly connection: SsoConnection;
  readonly urls: ConnectionUrls;
  readonly message: { readonly samlResponse: string };
  readonly now: Date;
}

/** The arguments of `judgeLogout`. */
export interface LogoutQuestion extends Omit<Question, "message"> {
  readonly input: LogoutInput;
}

/** The arguments of `readIdpMetadata`. */
export interface MetadataQuestion {
  readonly xml: string;
  readonly now: Date;
  readonly options: SettingsOptions;
}

/** One thing to read. */
export type Task =
  | { readonly response: Question }
  | { readonly logout: LogoutQuestion }
  | { readonly metadata: MetadataQuestion };

/** What each comes to. */
export interface Answers {
  readonly response: SamlAnswer;
  readonly logout: LogoutMessage;
  readonly metadata: { readonly settings: SamlSettings; readonly refreshAt: Date };
}

/** What it comes to; errors lose their class between threads. */
export type Outcome =
  | { readonly answer: Answers[keyof Answers] }
  | { readonly refused: { readonly code: string; readonly detail: string } }
  | { readonly invalid: string }
  | { readonly fault: string };

async function answerTo(task: Task): Promise<Answers[keyof Answers]> {
  if ("logout" in task) {
    const { connection, urls, input, now } = task.logout;
    return judgeLogout(connection, urls, input, now);
  }
  if ("metadata" in task) return readIdpMetadata(task.metadata.xml, task.metadata.now, task.metadata.options);
  const { connection, urls, message, now } = task.response;
  return finishSaml(connection, urls, message, now);
}

async function outcomeOf(task: Task): Promise<Outcome> {
  try {
    return { answer: await answerTo(task) };
  } catch (error) {
    // The cause stays here: the library's own words may quote the response.
    if (error instanceof SignInRefused) return { refused: { code: error.code, detail: error.message } };
    if (error instanceof Refusal) return { invalid: error.message };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

parentPort?.on("message", (task: Task) => {
  void outcomeOf(task).then((outcome) => parentPort?.postMessage(outcome, []));
});
parentPort?.postMessage("ready", []);
