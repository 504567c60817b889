/** Writers who create, deactivate, reactivate and delete people all at once, against a limit. */
import assert from "node:assert/strict";

/** One way to push people: over HTTP, or by the use-cases. Each resolves to an HTTP status. */
export interface Pusher {
  create(userName: string): Promise<{ status: number; id: string }>;
  setActive(id: string, active: boolean): Promise<number>;
  remove(id: string): Promise<number>;
}

/** How often each was acknowledged, and how often a seat was refused. */
export interface Tally {
  created: number;
  deactivated: number;
  reactivated: number;
  deleted: number;
  refused: number;
}

/** Lets so many writers loose, each on people of its own; answers what was acknowledged. */
export async function push(writers: number, pusherOf: (writer: number) => Pusher, mayRefuse: boolean): Promise<Tally> {
  const tally: Tally = { created: 0, deactivated: 0, reactivated: 0, deleted: 0, refused: 0 };
  await Promise.all(Array.from({ length: writers }, (_, i) => write(pusherOf(i), i, tally)));
  if (!mayRefuse) assert.equal(tally.refused, 0);
  return tally;
}

async function write(pusher: Pusher, writer: number, tally: Tally): Promise<void> {
  const count = (done: Exclude<keyof Tally, "refused">, status: number, success: number): boolean => {
    assert.ok([success, 403].includes(status), `${done}: status ${status}`);
    tally[status === success ? done : "refused"] += 1;
    return status === success;
  };
  const { status, id } = await pusher.create(`writer-${writer}@example.com`);
  if (!count("created", status, 201)) return;
  if (!count("deactivated", await pusher.setActive(id, false), 200)) assert.fail("rule 3: never refused");
  const back = count("reactivated", await pusher.setActive(id, true), 200);
  if (writer % 3 === 0 && !count("deleted", await pusher.remove(id), 204)) assert.fail("rule 3: never refused");
  if (writer % 3 === 1 && back && !count("deactivated", await pusher.setActive(id, false), 200)) assert.fail("rule 3");
}

/** The journal tells each acknowledged change, and nothing that was refused. */
export function checkTally(tally: Tally, types: readonly string[]): void {
  const told = (type: string): number => types.filter((each) => each === type).length;
  assert.deepEqual(
    {
      created: told("member.created"),
      deactivated: told("member.suspended"),
      reactivated: told("member.reactivated"),
      deleted: told("member.deleted"),
    },
    {
      created: tally.created,
      deactivated: tally.deactivated,
      reactivated: tally.reactivated,
      deleted: tally.deleted,
    },
  );
}
