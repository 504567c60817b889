/**
 * The log: JSON lines on standard output. It holds what happened, never what people sent: no bodies, no query
 * values, no credentials, and of an error only the parts listed here.
 */
import pino from "pino";

export type Logger = pino.Logger;
export type LogLevel = pino.LevelWithSilent;

const SECRETS = ["authorization", "cookie", "password", "token", "secret"];
/** What of an error is written. PostgreSQL's `detail` and `where` quote column values, which are personal. */
const ERROR_FIELDS = ["name", "code", "message", "stack", "schema", "table", "column", "constraint"] as const;
const CAUSES = 5;
const BUFFER_BYTES = 4096;
const FLUSH_MS = 250;
/** Of lines that cannot be written, as to a full disk, no more are kept. */
const MOST_BYTES = 1_048_576;

/** The log of this process; lines reach `destination` (standard output by default) within 250 ms. */
export function createLogger(level: LogLevel, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error, CAUSES) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
  };
  return pino(options, destination ?? bufferedOutput());
}

/**
 * One write for many lines: a system call for each would cost more than the rest of the line. Where nobody reads any more,
 * as behind `| head`, the server goes on without a log.
 */
function bufferedOutput(): pino.DestinationStream {
  const buffer = { minLength: BUFFER_BYTES, maxLength: MOST_BYTES, periodicFlush: FLUSH_MS };
  const output = pino.destination({ dest: 1, sync: true, ...buffer });
  let broken = false;
  output.on("error", () => (broken = true)).on("write", () => (broken = false));
  process.once("exit", () => {
    // `flushSync` tries a pipe that is broken again and again for ever; `flush` tells of it and comes back.
    output.flush();
    if (!broken) output.flushSync();
  });
  return output;
}

function describeError(error: unknown, causes: number): unknown {
  if (!(error instanceof Error)) return { name: "NotAnError", message: typeof error };
  const source: object = error;
  const written: Record<string, unknown> = {};
  for (const field of ERROR_FIELDS) {
    const value: unknown = Reflect.get(source, field);
    if (value !== undefined) written[field] = value;
  }
  if (error.cause !== undefined && causes > 0) written["cause"] = describeError(error.cause, causes - 1);
  return written;
}
