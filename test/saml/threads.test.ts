/** SAML responses judged in threads of their own. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { isRefusal } from "../../src/base/errors.ts";
import { createSamlThreads, type SamlThreads } from "../../src/sso/saml/threads.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import { metadata, samlFields } from "../admin/idpSide.ts";
import { connectionWith, NOW, post, requestId, sign, signedResponse, testKey, urls } from "../support/hostileSigner.ts";

const question = (xml: string, more: object = {}) => ({
  connection: connectionWith(),
  urls,
  message: post(xml),
  now: NOW,
  ...more,
});
const honest = signedResponse();
/** Small, well-formed and unsigned where it counts: the library sorts the siblings in quadratic time. */
const hostile = honest.replace("</samlp:Response>", `${'<x a=""/>'.repeat(2000)}</samlp:Response>`);

const refusedWith = (code: string) => (error: unknown) => error instanceof SignInRefused && error.code === code;

/** The longest time, in milliseconds, for which this thread did nothing but what it was at. */
async function longestBlock(work: Promise<unknown>): Promise<number> {
  let [last, longest] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
  }, 1);
  await work;
  clearInterval(timer);
  return longest;
}

describe("SAML responses in threads", () => {
  let threads: SamlThreads;
  before(async function () {
    this.timeout(60_000);
    threads = createSamlThreads({ threads: 1 });
    await threads.judge(question(honest), "first");
  });
  after(() => threads.close());

  it("come to the same answer as here, times included", async () => {
    const { identity, requestId: answered, expiresAt } = await threads.judge(question(honest), "a");
    assert.deepEqual([identity.subject, identity.email, answered], ["ana-7f3a", "ana@example.com", requestId]);
    assert.ok(expiresAt instanceof Date && expiresAt > NOW);
  });

  it("are refused with the same codes and words", async () => {
    const foreign = sign(honest, "Response", { key: testKey("attacker.key") });
    await assert.rejects(threads.judge(question(foreign), "a"), refusedWith("saml_signature"));
    const nowhere = question(honest, { connection: connectionWith({ saml: null }) });
    await assert.rejects(threads.judge(nowhere, "a"), /has no identity provider yet/);
  });

  it("S45: hold up nothing else while a hostile one is judged, which takes a thread many times as long", async () => {
    const [began, used] = [performance.now(), performance.eventLoopUtilization()];
    const longest = await longestBlock(threads.judge(question(hostile), "a"));
    const whole = performance.now() - began;
    const { active } = performance.eventLoopUtilization(used);
    assert.ok(longest < whole / 2 && active < whole / 2, `${longest} and ${active} of ${whole} ms`);
  });

  it("S44: leave others their turns while metadata of a megabyte is read, and refuse it in the same words", async () => {
    const filler = `<x:a xmlns:x="urn:x" b="${"b".repeat(80)}"/>`.repeat(9500);
    const xml = metadata().replace("</md:EntityDescriptor>", `${filler}</md:EntityDescriptor>`);
    assert.ok(xml.length > 1_000_000 && xml.length < 1024 * 1024);
    const asked = (text: string) => threads.readMetadata({ xml: text, now: NOW, options: {} }, "tenant");
    let turns = 0;
    const count = (): void => void ((turns += 1), (next = setImmediate(count)));
    let next = setImmediate(count);
    const { settings } = await asked(xml);
    clearImmediate(next);
    assert.equal(settings.entityId, samlFields.entityId);
    assert.ok(turns > 20, `${turns} turns of the event loop`);
    const isRefused = (words: RegExp) => (error: unknown) =>
      isRefusal(error, "invalid_request") && words.test(error.message);
    await assert.rejects(asked("not xml"), isRefused(/well-formed/));
    await assert.rejects(asked(xml.replaceAll("<x:a", "<a/><x:a")), isRefused(/more than 20000 tags|larger/));
  });

  it("of one sender wait for one another, and others' come in between", async () => {
    const order: string[] = [];
    const judge = (from: string) => threads.judge(question(honest), from).then(() => void order.push(from));
    await Promise.all([judge("crowd"), judge("crowd"), judge("crowd"), judge("lone")]);
    assert.deepEqual(order, ["crowd", "lone", "crowd", "crowd"]);
  });

  it("that take longer than they may are broken off and refused, and the next one finds a new thread", async function () {
    this.timeout(60_000);
    const short = createSamlThreads({ threads: 1, budgetMs: 1 });
    const most = Promise.allSettled([short.judge(question(hostile), "a"), short.judge(question(hostile), "b")]);
    for (const each of await most) {
      assert.ok(each.status === "rejected" && refusedWith("saml_too_costly")(each.reason));
    }
    const costly = metadata().replace("</md:", `${'<a b=""/>'.repeat(9000)}</md:`);
    const read = short.readMetadata({ xml: costly, now: NOW, options: {} }, "tenant");
    await assert.rejects(
      read,
      (error) => isRefusal(error, "invalid_request") && /too long to read/.test(error.message),
    );
    await short.close();
  });

  it("for which no thread starts in time are refused as unavailable", async () => {
    const late = createSamlThreads({ threads: 1, startMs: 1 });
    await assert.rejects(late.judge(question(honest), "a"), (error) => isRefusal(error, "unavailable"));
    await late.close();
  });

  it("of a fault inside tell nothing of it, and the thread goes on", async () => {
    const broken = question(honest, { urls: null });
    await assert.rejects(threads.judge(broken, "a"), (error) => !isRefusal(error) && !(error instanceof SignInRefused));
    await threads.judge(question(honest), "a");
  });
});
