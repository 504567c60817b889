import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Letter } from "../../src/mail/letter.ts";
import { fileName } from "../../src/mail/mailFolder.ts";
import { createMailer } from "../../src/mail/mailer.ts";

const signal = new AbortController().signal;

describe("mail without an SMTP server", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-mail-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const send = (letter: Partial<Letter> = {}): Promise<void> =>
    createMailer({ smtpUrl: null, publicUrl: "https://usher.example.com", dataDir: join(folder, "data") })(
      { id: "job-1.t", to: "ana@example.com", subject: "Plätze", text: "Grüße", html: "<p>Grüße</p>", ...letter },
      signal,
    );
  const files = (): string[] => readdirSync(join(folder, "data", "mail"));

  it("is a file named by time and recipient, in a format that mail programs open", async () => {
    await send();
    const [file = "", ...rest] = files();
    assert.deepEqual(rest, []);
    assert.match(file, /^\d{8}T\d{6}\.\d{3}Z-ana@example\.com\.eml$/);
    const text = readFileSync(join(folder, "data", "mail", file), "latin1");
    assert.match(text, /^From: no-reply@usher\.example\.com\r\n/m);
    assert.match(text, /^To: ana@example\.com\r\n/m);
    assert.match(text, /^Subject: =\?UTF-8\?/m);
    assert.match(text, /^Message-ID: <job-1\.t@usher\.example\.com>\r\n/m);
    assert.match(text, /^Auto-Submitted: auto-generated\r\n/m);
    assert.match(text, /^Content-Type: multipart\/alternative/m);
  });

  it("is for its owner's eyes alone", async () => {
    await send();
    const mail = join(folder, "data", "mail");
    assert.equal(statSync(mail).mode & 0o777, 0o700);
    assert.equal(statSync(join(mail, files()[0] ?? "")).mode & 0o777, 0o600);
  });

  it("keeps both of two that go to one recipient at the same time", async () => {
    await Promise.all([send({ id: "job-1.t" }), send({ id: "job-2.t" }), send({ id: "job-3.t" })]);
    assert.equal(files().length, 3);
    assert.ok(files().every((file) => file.endsWith(".eml")));
  });

  it("takes no header from a line break in the subject", async () => {
    await send({ subject: "Seats\r\nBcc: thief@example.com" });
    const text = readFileSync(join(folder, "data", "mail", files()[0] ?? ""), "latin1");
    assert.doesNotMatch(text, /^Bcc:/im);
  });

  it("has a file name without a separator, whoever the recipient is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.date({ noInvalidDate: true }), (recipient, at) => {
        assert.match(fileName(at, recipient), /^[A-Za-z0-9@._+-]{1,140}\.eml$/);
      }),
    );
  });
});
