import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { LetterRefused, type Letter } from "../../src/mail/letter.ts";
import { createMailer } from "../../src/mail/mailer.ts";
import { startReceiver, type Answers, type Receiver } from "./smtpReceiver.ts";

const letter: Letter = {
  id: "job-7.tenant",
  to: "ana@example.com",
  subject: "Plätze\r\nBcc: thief@example.com",
  text: "Grüße",
  html: "<p>Grüße</p>",
};

describe("mail by SMTP", () => {
  let receiver: Receiver | undefined;
  afterEach(async () => {
    await receiver?.close();
    receiver = undefined;
  });

  async function send(answers: Answers = {}, login = "", query = ""): Promise<Receiver> {
    receiver = await startReceiver(answers);
    await to(`smtp://${login}127.0.0.1:${receiver.port}${query}`);
    return receiver;
  }
  const to = (smtpUrl: string, signal = new AbortController().signal): Promise<void> =>
    createMailer({ smtpUrl, publicUrl: "https://usher.example.com", dataDir: "/nonexistent" })(letter, signal);
  const isRefused = (error: unknown): boolean => error instanceof LetterRefused;
  const isPassing = (error: unknown): boolean => error instanceof Error && !isRefused(error);

  it("arrives whole, from the sender to this recipient alone", async () => {
    const { received } = await send();
    assert.deepEqual(
      received.map(({ from, to: recipients }) => [from, recipients]),
      [["no-reply@usher.example.com", ["ana@example.com"]]],
    );
    const source = received[0]?.source ?? "";
    assert.match(source, /^Auto-Submitted: auto-generated\r\n/m);
    assert.match(source, /^Message-ID: <job-7\.tenant@usher\.example\.com>\r\n/m);
    assert.match(source, /Content-Type: text\/plain; charset=utf-8/);
    assert.match(source, /Content-Type: text\/html; charset=utf-8/);
    assert.doesNotMatch(source, /^Bcc:/im);
  });

  it("comes from whom SMTP_URL names", async () => {
    const { received } = await send({}, "", "?from=Vendor+%3Cmail%40vendor.example%3E");
    assert.equal(received[0]?.from, "mail@vendor.example");
    assert.match(received[0]?.source ?? "", /^From: Vendor <mail@vendor\.example>\r\n/m);
  });

  it("signs in with the user and password of SMTP_URL", async () => {
    const seen: string[] = [];
    const login = (user: string, password: string): boolean => seen.push(`${user} ${password}`) > 0;
    await send({ login }, "us%40er:p%2Fw@");
    assert.deepEqual(seen, ["us@er p/w"]);
  });

  it("is refused for good by a 5yz answer to the recipient or the letter (RFC 5321 §4.2.1)", async () => {
    await assert.rejects(send({ recipient: () => 550 }), isRefused);
    await receiver?.close();
    await assert.rejects(send({ data: () => 554 }), isRefused);
  });

  it("may be tried again after a 4yz answer", async () => {
    await assert.rejects(send({ recipient: () => 450 }), isPassing);
    await receiver?.close();
    await assert.rejects(send({ data: () => 451 }), isPassing);
  });

  it("may be tried again where the set-up is refused: login or sender, which the operator mends", async () => {
    await assert.rejects(send({ login: () => false }, "user:wrong@"), isPassing);
    await receiver?.close();
    await assert.rejects(send({ sender: () => 553 }), isPassing);
  });

  it("may be tried again where nobody listens", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, "close");
    await assert.rejects(to(`smtp://127.0.0.1:${port}`), isPassing);
  });

  it("may be tried again where the server hangs up", async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await assert.rejects(to(`smtp://127.0.0.1:${port}`), isPassing);
    server.close();
  });

  it("is given up when the signal says so", async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await assert.rejects(to(`smtp://127.0.0.1:${port}`, AbortSignal.timeout(20)), isPassing);
    server.close();
  });

  it("sends no password without TLS but to this machine, unless SMTP_URL says so", async () => {
    receiver = await startReceiver({ login: () => true });
    await to(`smtp://user:password@127.0.0.1:${receiver.port}`);
    await assert.rejects(to(`smtp://user:password@127.0.0.1:${receiver.port}?requireTLS=true`), isPassing);
    assert.equal(receiver.received.length, 1);
  });
});
