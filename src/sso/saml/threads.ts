/**
 * Parsing XML and checking its signature is done in threads of their own: a message that costs seconds, which its
 * sender need not have signed, holds up no other request.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Refusal } from "../../base/errors.ts";
import { createTurns } from "../../base/turns.ts";
import { type LogoutMessage, type SamlAnswer, SignInRefused } from "../types.ts";
import type { Answers, LogoutQuestion, MetadataQuestion, Outcome, Question, Task } from "./thread.ts";

/** The threads that read SAML; they start with the first message. */
export interface SamlThreads {
  /**
   * `finishSaml` in a thread.
   *
   * @param from who sent it, an address: of each one response is judged at a time, so that nobody fills the queue
   * @throws SignInRefused as `finishSaml`, and `saml_too_costly` where the judgement was broken off
   * @throws Refusal `unavailable` where it was not its turn in time
   */
  readonly judge: (question: Question, from: string) => Promise<SamlAnswer>;
  /** `judgeLogout` in a thread; the rest as `judge`. */
  readonly judgeLogout: (question: LogoutQuestion, from: string) => Promise<LogoutMessage>;
  /**
   * `readIdpMetadata` in a thread.
   *
   * @param from whose it is, a tenant
   * @throws Refusal as `readIdpMetadata`, also where it takes too long; `unavailable` as `judge`
   */
  readonly readMetadata: (question: MetadataQuestion, from: string) => Promise<Answers["metadata"]>;
  /** Ends the threads; what they judge is broken off. */
  readonly close: () => Promise<void>;
}

/** How many threads, and how many milliseconds one response, and the start of a thread, may take. */
export interface SamlThreadsOptions {
  readonly threads?: number;
  readonly budgetMs?: number;
  readonly startMs?: number;
}

/** One core is left to the requests; a core judges some fifty usual responses a second. */
const THREADS = Math.max(1, Math.min(4, availableParallelism() - 1));
/** The costliest response within the limits of size and shape takes 2 s of a usual core. */
const BUDGET_MS = 8_000;
/** How long a response waits for a thread. */
const WAIT_MS = 10_000;
/** Each holds its response meanwhile, of 700 kB at most. */
const MOST_WAITING = { ofSender: 30, ofAll: 200 };
/** For a thread to load its code, on a machine that is busy. */
const START_MS = 30_000;
/** A usual response takes some megabytes, the costliest some tens. */
const MOST_MEGABYTES = 256;

/** Compiled as this file is, or run from sources by tests and `npm run dev`, whose tsx reaches into no thread by itself. */
const fromSources = import.meta.url.endsWith(".ts");
const THREAD = new URL(fromSources ? "./thread.ts" : "./thread.js", import.meta.url);

/** Makes room for threads; none is started yet. */
export function createSamlThreads({
  threads = THREADS,
  budgetMs = BUDGET_MS,
  startMs = START_MS,
}: SamlThreadsOptions = {}): SamlThreads {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const ofSender = createTurns({ atOnce: 1, waitMs: WAIT_MS, mostWaiting: MOST_WAITING.ofSender });
  const ofThreads = createTurns({ atOnce: threads, waitMs: WAIT_MS, mostWaiting: MOST_WAITING.ofAll });
  const runNow = async (task: Task): Promise<Outcome> => {
    const thread = idle.pop() ?? (await startThread(all, idle, startMs));
    thread.ref();
    const outcome = await ask(thread, task, budgetMs).catch((error: unknown) => {
      // Whatever it was about, a new one begins clean.
      void thread.terminate();
      throw error;
    });
    thread.unref();
    idle.push(thread);
    return outcome;
  };
  const run = async (task: Task, from: string): Promise<Answers[keyof Answers]> =>
    answerOf(await ofSender.take(from, () => ofThreads.take("all", () => runNow(task))));
  return {
    judge: (question, from) => run({ response: question }, from) as Promise<SamlAnswer>,
    judgeLogout: (question, from) => run({ logout: question }, from) as Promise<LogoutMessage>,
    readMetadata: (question, from) =>
      run({ metadata: question }, from).catch(ofMetadata) as Promise<Answers["metadata"]>,
    close: async () => void (await Promise.all(Array.from(all, (thread) => thread.terminate()))),
  };
}

function ofMetadata(error: unknown): never {
  if (!(error instanceof SignInRefused)) throw error;
  throw new Refusal("invalid_request", "The metadata takes too long to read; give that of this one identity provider.");
}

function newThread(): Worker {
  // What the process was told to load first, as a profiler, is not meant for these.
  const options = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } };
  if (!fromSources) return new Worker(THREAD, options);
  const load = `import("${import.meta.resolve("tsx/esm/api")}").then((tsx) => (tsx.register(), import("${THREAD.href}")))`;
  return new Worker(load, { ...options, eval: true });
}

/** @throws Refusal `unavailable` where the machine is too busy to start it in time */
async function startThread(all: Set<Worker>, idle: Worker[], startMs: number): Promise<Worker> {
  const thread = newThread();
  all.add(thread);
  const forget = (): void => {
    all.delete(thread);
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
  };
  // Without a listener an error of an idle thread would end the process.
  thread.on("error", forget).on("exit", forget);
  try {
    await once(thread, "message", { signal: AbortSignal.timeout(startMs) });
    return thread;
  } catch (cause) {
    // It would live on, and be nobody's.
    void thread.terminate();
    const detail = "Signing in takes too long to begin here. Nothing was changed; try again in some seconds.";
    throw new Refusal("unavailable", detail, { extra: { retryAfterSeconds: 5 }, cause });
  }
}

async function ask(thread: Worker, task: Task, budgetMs: number): Promise<Outcome> {
  thread.postMessage(task, []);
  try {
    const [outcome] = (await once(thread, "message", { signal: AbortSignal.timeout(budgetMs) })) as [Outcome];
    return outcome;
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (name !== "AbortError" && code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
    throw new SignInRefused("saml_too_costly", "The response takes too long to read; send fewer groups.", error);
  }
}

function answerOf(outcome: Outcome): Answers[keyof Answers] {
  if ("answer" in outcome) return outcome.answer;
  if ("refused" in outcome) throw new SignInRefused(outcome.refused.code, outcome.refused.detail);
  if ("invalid" in outcome) throw new Refusal("invalid_request", outcome.invalid);
  throw new Error(`sso: what an identity provider sent could not be read: ${outcome.fault}`);
}
