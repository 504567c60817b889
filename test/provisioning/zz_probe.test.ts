import { randomBytes } from "node:crypto";
import { scimClient, user, ENTERPRISE, patchOp, request } from "../support/scim.ts";
describe("probe", () => {
  it("x", async () => {
    const c = await scimClient();
    const big = randomBytes(9000).toString("base64");
    for (const [k, v] of Object.entries({ userName: big, externalId: big, displayName: big, title: big, emails: [{ value: big }], [ENTERPRISE]: { manager: { value: big } }, password: big })) {
      const r = await c.post("/Users", user("a" + k.length + Math.random(), { [k]: v }));
      console.log(k.slice(0, 20), r.status, JSON.stringify(r.body).slice(0, 160));
    }
    const id = await c.create(user("ana"));
    for (const m of ["jdoe", "", { value: "jdoe", displayName: "x", $ref: "http://evil/x" }, { displayName: "x" }, id]) {
      const r = await c.put(`/Users/${id}`, user("ana", { [ENTERPRISE]: { manager: m } }));
      console.log(JSON.stringify(m), r.status, JSON.stringify(r.body[ENTERPRISE]), r.body["detail"]);
    }
    console.log((await request("HEAD", `/Users/${id}`, { headers: { authorization: `Bearer ${c.token}` } })).status);
    console.log((await c.find(`userName eq ${JSON.stringify(big)}`)).status);
    console.log((await c.find(`userName co ${JSON.stringify("a".repeat(5000))}`)).status);
    for (const p of ["emails[type eq \"work\"]", "emails[not (type eq \"work\")].value", "schemas", "urn:ietf:params:scim:schemas:core:2.0:User", "password", "name.formatted.x", "emails[0].value"]) {
      const r = await c.operate(id, { op: "add", path: p, value: "x@y.example" });
      console.log(p, r.status, JSON.stringify(r.body).slice(0, 200));
    }
    const r2 = await c.patch(`/Users/${id}`, patchOp({ op: "replace", path: "password", value: "" }, { op: "remove", path: "password" }));
    console.log(r2.status, r2.body["detail"]);
    const wide = await c.post("/Users", user("wide", { emails: Array.from({ length: 20000 }, (_, i) => ({ value: `e${i}@example.com`, type: "t" + i })) }));
    console.log("wide", wide.status);
    console.time("p");
    const w = await c.operate(wide.id, ...Array.from({ length: 900 }, (_, i) => ({ op: "replace", path: `emails[type eq "t${i}"].value`, value: "n" + i })));
    console.timeEnd("p"); console.log(w.status, w.body["detail"]);
  });
});
