/** A tenant whose people come and go by the use-cases, as a directory, an admin and the operator call them. */
import type { SeatSettings } from "../../src/admission/policy.ts";
import { editMember, type AdminWho } from "../../src/directory/members/adminMembers.ts";
import type { Member } from "../../src/directory/members/member.ts";
import { changeScimMember, createScimMember, removeScimMember } from "../../src/directory/directories/scimMembers.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { defaultSettings } from "../../src/directory/tenants/tenantSettings.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { asOwner } from "../storage/catalogue.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { auditing, auditOver, checkQueue, MOVES, SAMPLE, type Move, type Sample } from "./audit.ts";
import { JOURNAL, ROWS, toldOf, type JournalRow } from "./journal.ts";

/** What may be done to the people of a tenant, and what is seen of them. */
export interface People {
  readonly tenantId: string;
  create(userName: string, active?: boolean): Promise<Member>;
  setActive(id: string, active: boolean): Promise<Member>;
  setHold(id: string, hold: boolean): Promise<Member>;
  remove(id: string): Promise<void>;
  setLimit(seatLimit: number | null): Promise<unknown>;
  read<Row>(sql: string): Promise<Row[]>;
}

/** Makes a tenant; `clock` is read once for each use-case. */
export async function newPeople(
  seatLimit: number | null,
  seats: SeatSettings,
  clock: () => Date = () => new Date(),
): Promise<People> {
  const db = await testDatabase();
  const { id: tenantId } = await newTenant({ seatLimit, settings: { seats } });
  const [directory] = await asOwner<{ id: string }>(db, "select id from directories where tenant_id = $1", [tenantId]);
  const directoryId = directory?.id ?? "";
  const by = (type: "scim_token" | "operator"): Who => ({ tenantId, actor: { type }, now: clock() });
  const admin = (): AdminWho => ({ ...by("operator"), permissions: ["*"] });
  const scimOf = (userName: string) => ({ userName, emails: [{ value: userName, primary: true }] });
  return {
    tenantId,
    create: (userName, active) => {
      const user = { scim: scimOf(userName), active, password: undefined };
      return createScimMember(db, { ...by("scim_token"), directoryId }, user);
    },
    setActive: (id, active) => {
      const make = ({ scim }: Member) => ({ scim, active, password: undefined });
      return changeScimMember(db, { ...by("scim_token"), directoryId }, id, { make, password: undefined });
    },
    setHold: (id, hold) => editMember(db, admin(), id, { hold }, defaultSettings),
    remove: (id) => removeScimMember(db, by("scim_token"), id, () => {}),
    setLimit: (limit) => updateTenant(db, by("operator"), { ownLimit: { limit } }),
    read: (sql) => asOwner(db, sql, [tenantId]),
  };
}

/** What must hold whenever nobody writes. */
export async function checkPeople(people: People, equal: (actual: unknown, expected: unknown) => void): Promise<void> {
  const journal = await people.read<JournalRow>(JOURNAL);
  equal(await people.read(ROWS), toldOf(journal));
  const promotions = journal.filter(({ type }) => type === "member.seat_promoted");
  equal(checkQueue(await people.read<Move>(MOVES)), promotions.length);
  const [seats] = await people.read<Sample>(SAMPLE);
  equal(seats?.used, seats?.limit === null ? null : seats?.held);
}

/** The audit of every commit, for as long as a suite runs. */
export function audited(): void {
  let db: Database;
  before(async () => {
    db = await testDatabase();
    await db.pool.query(auditing);
  });
  after(() => db.pool.query(auditOver));
}
