/** The seats that a plan sells, in numbers. */
import { readSeats } from "../directory/seats/seatNumbers.ts";
import type { Resource } from "./route.ts";
import { json, nullable, record, ref } from "./schemas.ts";

const count = { type: "integer", minimum: 0 };

export const seats: Resource = {
  tag: "Seats",
  description: "How many seats a tenant has, holds and misses.",
  schemas: {
    Seats: record({
      limit: { ...nullable(count), description: "Null is unlimited." },
      used: count,
      remaining: { ...nullable(count), description: "Null is unlimited; 0 also where more are used than the limit." },
      waiting: { ...count, description: "Members in the queue." },
      overBy: { ...count, description: "Seats above the limit: nobody loses one when it is lowered." },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/seats",
      operationId: "getSeats",
      summary: "Read the seat numbers",
      permission: "seats:view",
      responses: { 200: json("The numbers.", ref("Seats")) },
      handle: async ({ db, who }) => ({ status: 200, body: await readSeats(db, who) }),
    },
  ],
};
