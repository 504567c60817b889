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
  readonly #predecessor: Promise<void>;

  constructor(database: PGlite, predecessor: Promise<void>) {
    super();
    this.#database = database;
    this.#predecessor = predecessor;
  }

  /** As `net.Socket` does; the address means nothing here. */
  connect(): this {
    void this.#predecessor.then(() => setImmediate(() => this.emit("connect")));
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
    this.#clear().then(
      () => done(error),
      (cause: unknown) => done(error ?? (cause as Error)),
    );
  }

  async #clear(): Promise<void> {
    if (this.#database.closed) return;
    // Two queries: several statements in one are a transaction, in which `discard all` is not allowed.
    await this.#database.exec("rollback");
    await this.#database.exec("discard all");
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

/** Makes a stream for pg's `stream` option, each ready once the one before it has left the session. */
export function embeddedStreams(database: PGlite): () => Duplex {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const stream = new EmbeddedStream(database, last);
    last = new Promise((resolve) => void stream.once("close", resolve));
    return stream;
  };
}
