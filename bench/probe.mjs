/** Loaded into each server under test: tells what memory it holds after a full garbage collection (`--expose-gc`). */
// Its threads load this too, and have no channel.
if (process.channel) {
  process.on("message", () => {
    globalThis.gc();
    process.send(process.memoryUsage());
  });
  // A channel that is listened to would keep the server from ending.
  process.channel.unref();
}
