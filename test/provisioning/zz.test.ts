import { scimClient, user, patchOp } from "../support/scim.ts";
describe("probe", () => {
  it("x", async () => {
    const c = await scimClient();
    const wide = await c.post("/Users", user("wide", { emails: Array.from({ length: 1000 }, (_, i) => ({ value: `e${i}@example.com`, type: "t" + i })) }));
    console.log("wide", wide.status);
    console.time("p");
    const w = await c.operate(wide.id, ...Array.from({ length: 1000 }, (_, i) => ({ op: "replace", path: `emails[type eq "t${i}"].value`, value: "n" + i })));
    console.timeEnd("p"); console.log(w.status, w.body["detail"]);
  });
});
