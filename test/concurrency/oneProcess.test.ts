import assert from "node:assert/strict";
import { isRefusal } from "../../src/base/errors.ts";
import { audited, checkPeople, newPeople, type People } from "./people.ts";
import { checkSamples, SAMPLE, sampling, type Sample } from "./audit.ts";
import { checkTally, push, type Pusher } from "./writers.ts";
import { JOURNAL, type JournalRow } from "./journal.ts";

const WRITERS = 60;
const SEATS = 12;

/** The use-cases in the words of HTTP. */
function pusher(people: People): Pusher {
  const status = async (success: number, work: Promise<unknown>): Promise<number> => {
    try {
      await work;
      return success;
    } catch (error) {
      if (isRefusal(error, "seat_limit_reached")) return 403;
      throw error;
    }
  };
  return {
    create: async (userName) => {
      let id = "";
      const made = people.create(userName).then((member) => (id = member.id));
      return { status: await status(201, made), id };
    },
    setActive: (id, active) => status(200, people.setActive(id, active)),
    remove: (id) => status(204, people.remove(id)),
  };
}

describe("many concurrent writers in one process", () => {
  audited();

  async function pushed(people: People, mode: string, meanwhile = async (): Promise<void> => {}): Promise<void> {
    const samples = sampling(async () => (await people.read<Sample>(SAMPLE))[0] as Sample);
    const [tally] = await Promise.all([push(WRITERS, () => pusher(people), mode === "refuse"), meanwhile()]);
    checkSamples(await samples());
    await checkPeople(people, assert.deepEqual);
    checkTally(
      tally,
      (await people.read<JournalRow>(JOURNAL)).map(({ type }) => type),
    );
  }

  for (const mode of ["waitlist", "downgrade", "refuse"] as const) {
    it(`keep counter and rows equal and never above the limit, where a full door means ${mode}`, async () => {
      await pushed(await newPeople(SEATS, { whenFull: { scim: mode } }), mode);
    });
  }

  it("do so while the limit is raised, lowered and taken away", async () => {
    const people = await newPeople(SEATS, {});
    await pushed(people, "waitlist", async () => {
      for (const limit of [3, 20, null, 0, 8, null, SEATS]) await people.setLimit(limit);
    });
    const [seats] = await people.read<Sample>(SAMPLE);
    assert.equal(seats?.limit, SEATS);
  });

  it("change one member at once, and each change is told", async () => {
    const people = await newPeople(1, {});
    const { id } = await people.create("one@example.com");
    const waiting = await people.create("two@example.com");
    assert.equal(waiting.seat, "waiting");
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        i % 2 ? people.setActive(id, i % 4 === 1) : people.setHold(id, i % 4 === 0),
      ),
    );
    await checkPeople(people, assert.deepEqual);
  });

  it("deactivate the holder of the only seat at once, and free it once", async () => {
    const people = await newPeople(1, {});
    const { id } = await people.create("one@example.com");
    const after = await Promise.all(Array.from({ length: 6 }, () => people.setActive(id, false)));
    assert.deepEqual([...new Set(after.map(({ seat, version }) => `${seat} ${version}`))], ["none 2"]);
    const [seats] = await people.read<Sample>(SAMPLE);
    assert.deepEqual([seats?.used, seats?.held], [0, 0]);
    await checkPeople(people, assert.deepEqual);
  });

  it("delete one member at once, and one of them does", async () => {
    const people = await newPeople(1, {});
    const { id } = await people.create("one@example.com");
    const waiting = await people.create("two@example.com");
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => people.remove(id)));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const each of results) {
      if (each.status === "rejected") assert.ok(isRefusal(each.reason, "not_found"), String(each.reason));
    }
    const [seats] = await people.read<Sample>(SAMPLE);
    assert.deepEqual([seats?.used, seats?.held], [1, 1]);
    const told = await people.read<JournalRow>(JOURNAL);
    assert.deepEqual(
      told.filter(({ type }) => type === "member.seat_promoted").map(({ target }) => target),
      [waiting.id],
    );
  });
});
