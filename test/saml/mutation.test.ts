import assert from "node:assert/strict";
import * as fc from "fast-check";
import { finishSaml } from "../../src/sso/saml/finishSaml.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import {
  attributeXml,
  connectionWith,
  NOW,
  post,
  responseXml,
  signAll,
  signedResponse,
  urls,
} from "../support/hostileSigner.ts";

const SEED = 20261101;
const attributes = attributeXml("email", "ana@example.com") + attributeXml("groups", "Sales", "Staff");
const connection = connectionWith({ groupsClaim: "groups", matchClaim: "groups" });
const responses = [
  signedResponse({ attributes }),
  signAll(responseXml(), ["Response"]),
  signAll(responseXml(), ["Response", "Assertion"]),
];

/** The answer to a form, null where it is refused; anything but a refusal is a fault and fails the property. */
async function outcome(form: { readonly samlResponse: string }) {
  try {
    return await finishSaml(connection, urls, form, NOW);
  } catch (error) {
    if (error instanceof SignInRefused) return null;
    throw error;
  }
}

describe("S51: a signed response that was changed is refused, or says exactly what was signed", () => {
  for (const [index, xml] of responses.entries()) {
    const same = async (form: { readonly samlResponse: string }) => {
      const answer = await outcome(form);
      if (answer !== null) assert.deepEqual(answer, await outcome(post(xml)));
    };
    const name = ["assertion", "response", "response and assertion"][index];
    const offset = fc.nat(xml.length - 1);

    it(`by any byte (${name} signed)`, async () => {
      const property = fc.asyncProperty(offset, fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(xml);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        await same({ samlResponse: bytes.toString("base64") });
      });
      await fc.assert(property, { seed: SEED, numRuns: 80 });
    });

    it(`by text put in, taken out, or doubled (${name} signed)`, async () => {
      const pieces = [
        "<!-- -->",
        "<x/>",
        " ",
        "&#x41;",
        "evil",
        "<saml:NameID>mallory</saml:NameID>",
        ' ID="x"',
        "\r\n",
        "&amp;",
      ];
      const property = fc.asyncProperty(
        offset,
        fc.nat(60),
        fc.constantFrom("", ...pieces),
        async (at, length, piece) => {
          await same(post(xml.slice(0, at) + piece + xml.slice(at + (piece === "" ? length : 0))));
          await same(post(xml.slice(0, at + length) + xml.slice(at)));
        },
      );
      await fc.assert(property, { seed: SEED, numRuns: 30 });
    });

    it(`by an element moved, removed or doubled (${name} signed)`, async () => {
      const elements = [...xml.matchAll(/<([a-z]+:[A-Za-z]+)(?: [^>]*)?(?:\/>|>[^<]*<\/\1>)/g)];
      const place = fc.nat(elements.length - 1);
      const property = fc.asyncProperty(place, place, fc.boolean(), async (from, to, keep) => {
        const [text] = elements[from]!;
        const target = elements[to]!.index;
        const removed = (part: string) => (keep ? part : part.replace(text, ""));
        await same(post(removed(xml.slice(0, target)) + text + removed(xml.slice(target))));
        await same(post(xml.replace(text, "")));
      });
      await fc.assert(property, { seed: SEED, numRuns: 30 });
    });
  }

  it("by being something else altogether", async () => {
    const property = fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
      assert.equal(await outcome(post(text)), null);
      assert.equal(await outcome({ samlResponse: text }), null);
    });
    await fc.assert(property, { seed: SEED, numRuns: 150 });
  });
});
