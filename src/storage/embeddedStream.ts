import { Duplex } from "node:stream";
import type { PGlite } from "@electric-sql/pglite";

const TERMINATE = 0x58; // 'X', PostgreSQL "Message Formats"

/**
 * A connection of pg to the embedded PostgreSQL: what pg writes goes to PGlite as wire protocol, in this process, so
 * that rows, types and error codes are those of a server.
 *
 * There is one session behind it, so there may be one such stream at a time (a pool of 1).
 */
class EmbeddedStream extends Duplex {
  readonly #database: PGlite;

  constructor(database: PGlite) {
    super();
    this.#database = database;
  }

  /** As `net.Socket` does; the address means nothing here. */
  connect(): this {
    setImmediate(() => this.emit("connect"));
    return this;
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#speak(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#speak(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The session outlives this stream: leave no open transaction and no prepared statement to the next one.
    const clean = this.#database.closed ? Promise.resolve() : this.#database.exec("rollback; discard all");
    Promise.resolve(clean).then(
      () => done(error),
      (cause: unknown) => done(error ?? (cause as Error)),
    );
  }

  #speak(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (bytes[0] === TERMINATE) {
      this.push(null);
      done();
      return;
    }
    this.#database.execProtocolRaw(bytes).then(
      (answer) =>
        // PGlite's promises settle without leaving the microtask queue; this lets timers and sockets have their turn.
        setImmediate(() => {
          this.push(Buffer.from(answer));
          done();
        }),
      done,
    );
  }
}

/** A new stream for pg's `stream` option. */
export function embeddedStream(database: PGlite): Duplex {
  return new EmbeddedStream(database);
}
