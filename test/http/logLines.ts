/** A log whose lines a test reads. */
import { createLogger, type Logger, type LogLevel } from "../../src/http/logger.ts";

export interface LogLines {
  readonly log: Logger;
  /** What was logged so far, parsed. */
  readonly lines: Record<string, unknown>[];
  /** What was logged so far, as it was written. */
  readonly text: () => string;
}

export function logLines(level: LogLevel = "info"): LogLines {
  const written: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = createLogger(level, {
    write(line) {
      written.push(line);
      lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  });
  return { log, lines, text: () => written.join("") };
}
