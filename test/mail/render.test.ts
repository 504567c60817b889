import assert from "node:assert/strict";
import * as fc from "fast-check";
import { languages, type Language, type MessageName, type MessageValues, type Words } from "../../src/mail/message.ts";
import { de } from "../../src/mail/messages/de.ts";
import { en } from "../../src/mail/messages/en.ts";
import { render, type Content } from "../../src/mail/render.ts";

const samples: { readonly [N in MessageName]: MessageValues[N] } = {
  seatsReached: { level: 80, used: 8, limit: 10 },
  seatsFull: { used: 10, limit: 10 },
  seatsWaiting: { waiting: 3, used: 10, limit: 10 },
  webhookDisabled: { url: "https://hooks.example.com/usher" },
  webhookGone: { url: "https://hooks.example.com/usher" },
  certificateExpiring: { connection: "Okta", days: 7, date: "2026-12-01" },
  domainFailing: { domain: "acme.example", txtName: "_usher.acme.example", txtValue: "usher-verification=x", days: 6 },
  domainLapsed: { domain: "acme.example", txtName: "_usher.acme.example", txtValue: "usher-verification=x" },
  domainRestored: { domain: "acme.example" },
  joinRequested: { domain: "acme.example", waiting: 2 },
  joinApproved: { link: "https://usher.example/sso/start" },
  joinDeclined: {},
  invitation: { link: "https://usher.example/invitation#usi_1" },
  welcome: { link: "https://usher.example/sso/start?tenant=acme" },
  registration: { link: "https://usher.example/sign-up/confirm" },
  accountExists: { link: "https://usher.example/sso/start" },
  setupLinkCreated: { intents: "Single Sign-on, SCIM" },
  setupLinkRedeemed: { intents: "Domains" },
  setupWaiting: { what: "Okta" },
  setupLive: { what: "Okta" },
  totpAdded: {},
  totpRemoved: {},
  passkeyAdded: { passkey: "Phone" },
  passkeyRemoved: { passkey: "Phone" },
  factorsCleared: {},
  recoveryCodesMade: {},
  recoveryCodeUsed: { left: 9 },
  passwordChanged: {},
  passwordReset: { link: "https://usher.example/sign-in/reset?token=x" },
  passwordResetSso: { link: "https://usher.example/sso/start" },
  emailChange: { link: "https://usher.example/profile/email?token=x" },
  emailChanged: {},
  breakGlassUsed: { at: "2026-03-02 09:30 UTC" },
  accountAttached: {},
  signInThere: { link: "https://usher.example/sso/start" },
  tenantAdminless: {},
};
const names = Object.keys(samples) as MessageName[];

function content(message: MessageName, more: Partial<Content> = {}): Content {
  return { message, values: samples[message], language: "en", tenant: "Acme", name: "Ana", ...more } as Content;
}

function forms(words: Words): string[] {
  return typeof words === "string" ? [words] : [words.one, words.other];
}

function places(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
}

describe("the words of mail", () => {
  it("are the same messages in every language, each with as many paragraphs", () => {
    const shape = ({ messages }: typeof en): unknown =>
      Object.entries(messages).map(([name, { paragraphs }]) => [name, paragraphs.length]);
    assert.deepEqual(shape(de), shape(en));
    assert.deepEqual(Object.keys(en.messages), names);
    assert.deepEqual(Object.keys(de).toSorted(), Object.keys(en).toSorted());
  });

  for (const [language, book] of [
    ["en", en],
    ["de", de],
  ] as const) {
    it(`have no place for what no job brings (${language})`, () => {
      for (const name of names) {
        const known = [...Object.keys(samples[name]), "tenant"];
        const { subject, paragraphs, footer = book.footer } = book.messages[name];
        for (const words of [subject, ...paragraphs, footer]) {
          for (const place of forms(words).flatMap(places)) assert.ok(known.includes(place), `${name}: {${place}}`);
          if (typeof words !== "string") assert.ok(known.includes(words.count), `${name}: ${words.count}`);
        }
      }
      assert.deepEqual(places(book.greeting), ["name"]);
      assert.deepEqual(places(book.greetingUnnamed), []);
      assert.deepEqual(places(book.footer), ["tenant"]);
    });
  }

  it("say of each letter why it came", () => {
    assert.match(render(content("seatsFull")).text, /because you administer Acme\.\n$/);
    assert.match(render(content("tenantAdminless")).text, /because you are meant to administer Acme\.\n$/);
    assert.match(render(content("tenantAdminless")).html, /because you are meant to administer Acme\.</);
  });

  it("name the tenant in every subject", () => {
    for (const language of languages) {
      for (const name of names) assert.match(render(content(name, { language })).subject, /^Acme: /);
    }
  });
});

describe("a mail", () => {
  it("is one text in two forms", () => {
    const { subject, text, html } = render(content("seatsReached"));
    assert.equal(subject, "Acme: 80 % of your seats are in use");
    assert.match(text, /^Hello Ana,\n\n8 of the 10 seats of Acme are in use\.\n\n[^]*\n-- \nYou receive this mail/);
    for (const paragraph of text.split("\n\n-- \n")[0]?.split("\n\n") ?? []) assert.ok(html.includes(paragraph));
    assert.match(html, /<html lang="en">/);
  });

  it("is in the recipient's language", () => {
    const { subject, text, html } = render(content("seatsFull", { language: "de" }));
    assert.equal(subject, "Acme: Alle Plätze sind belegt");
    assert.match(text, /^Guten Tag Ana,/);
    assert.match(html, /<html lang="de">/);
  });

  it("says one and several as the language does", () => {
    const waiting = (count: number, language: Language): string =>
      render({ ...content("seatsWaiting", { language }), values: { waiting: count, used: 5, limit: 5 } } as Content)
        .subject;
    assert.equal(waiting(1, "en"), "Acme: one person is waiting for a seat");
    assert.equal(waiting(2, "en"), "Acme: 2 people are waiting for a seat");
    assert.equal(waiting(1, "de"), "Acme: Eine Person wartet auf einen Platz");
    assert.equal(waiting(2, "de"), "Acme: 2 Personen warten auf einen Platz");
  });

  it("writes numbers as the language does", () => {
    const text = (language: Language): string =>
      render({ ...content("seatsFull", { language }), values: { used: 12_000, limit: 12_000 } } as Content).text;
    assert.match(text("en"), /12,000 of the 12,000/);
    assert.match(text("de"), /12\.000 der 12\.000/);
  });

  it("greets without a name where none is known", () => {
    assert.match(render(content("seatsFull", { name: null })).text, /^Hello,\n/);
  });

  it("shows markup in a name as text", () => {
    const { html, subject } = render(content("seatsFull", { tenant: `<img src=x onerror="alert('1')">&amp;` }));
    assert.doesNotMatch(html, /<img|onerror="/);
    assert.match(html, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;amp;/);
    assert.match(subject, /^<img/);
  });

  it("holds nothing that is fetched: no image, style sheet, script, frame or link", () => {
    for (const name of names) {
      assert.doesNotMatch(render(content(name)).html, /<(img|link|script|iframe|object|a)\b|url\(|@import/i);
    }
  });

  it("takes a place in a value for text", () => {
    assert.match(
      render(content("seatsFull", { tenant: "{used} {name} $& $1" })).subject,
      /^\{used\} \{name\} \$& \$1: /,
    );
  });

  it("has one line as its subject, and no markup of whoever chose the names", () => {
    const text = fc.string({ unit: "binary", maxLength: 500 });
    fc.assert(
      fc.property(
        fc.constantFrom(...languages),
        fc.constantFrom(...names),
        text,
        text,
        (language, name, tenant, person) => {
          const { subject, html } = render(content(name, { language, tenant: `${tenant}\r\nBcc: x`, name: person }));
          assert.doesNotMatch(subject, /[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
          const tags = [...html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag);
          const expected = [...render(content(name, { language })).html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(
            ([, tag]) => tag,
          );
          assert.deepEqual(tags, expected);
        },
      ),
    );
  });
});
