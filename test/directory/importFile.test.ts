import assert from "node:assert/strict";
import * as fc from "fast-check";
import { stringify } from "csv-stringify/sync";
import { isRefusal, type Refusal } from "../../src/base/errors.ts";
import { importColumns, readImportFile, type ImportCells } from "../../src/directory/imports/importFile.ts";

const none: ImportCells = { email: "", role: "", team: "", firstName: "", lastName: "" };

async function read(text: string): Promise<(Partial<ImportCells> & { row: number })[]> {
  return (await readImportFile(Buffer.from(text))).map(({ row, cells }) => {
    return { row, ...Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== "")) };
  });
}

async function refusal(bytes: Buffer | string): Promise<Refusal> {
  try {
    await readImportFile(Buffer.from(bytes as string));
  } catch (error) {
    assert.ok(isRefusal(error, "invalid_request"), String(error));
    return error;
  }
  return assert.fail("the file was read");
}

describe("a file of people to invite", () => {
  it("is CSV with a header, quoted as RFC 4180 §2 says (S2.25)", async () => {
    assert.deepEqual(await read('email,role\r\nana@example.com,member\r\n"bea@example.com","admin"\r\n'), [
      { row: 2, email: "ana@example.com", role: "member" },
      { row: 3, email: "bea@example.com", role: "admin" },
    ]);
    assert.deepEqual(await read('email,role,lastName\na@example.com,member,"Berg, ""the"" third"'), [
      { row: 2, email: "a@example.com", role: "member", lastName: 'Berg, "the" third' },
    ]);
  });

  it("names its columns in any order and case, with spaces, hyphens or underscores", async () => {
    assert.deepEqual(await read("Last Name;first_name; TEAM ;Role;E-Mail\nBerg;Ana;Red;admin;ana@example.com"), [
      { row: 2, email: "ana@example.com", role: "admin", team: "Red", firstName: "Ana", lastName: "Berg" },
    ]);
  });

  const separated: readonly (readonly [what: string, text: string])[] = [
    ["semicolons, as Excel writes them where the comma is for decimals", "email;role\r\na@example.com;member\r\n"],
    ["tabs", "email\trole\na@example.com\tmember\n"],
    ["Excel's line that names the separator", "sep=;\r\nemail;role\r\na@example.com;member"],
    ["the byte order mark of UTF-8", "\uFEFFemail,role\na@example.com,member"],
    ["a quoted header", '"email","role"\n"a@example.com","member"'],
    ["lines that end by a carriage return", "email,role\ra@example.com,member\r"],
    ["a column for nothing", "email,role,,\na@example.com,member,,"],
    ["spaces around cells", " email , role \n a@example.com , member "],
  ];
  for (const [what, text] of separated) {
    it(`may have ${what}`, async () => {
      const [first] = await read(text);
      assert.deepEqual({ ...first, row: 2 }, { row: 2, email: "a@example.com", role: "member" });
    });
  }

  it("numbers its rows as the spreadsheet does: empty ones count, and a cell of two lines is one row", async () => {
    const text = 'sep=,\nemail,role,team\n\n,,\n"a@example.com",member,"Red\nand blue"\n\r\nb@example.com,member\n\n';
    assert.deepEqual(
      (await read(text)).map(({ row }) => row),
      [5, 7],
    );
  });

  it("is read in pieces, and no letter is lost between them", async () => {
    const rows = Array.from({ length: 4_000 }, (_, i) => `p${i}@example.com,member,${"🌲é".repeat(i % 7)}`);
    const got = await read(`email,role,firstName\n${rows.join("\n")}`);
    assert.ok(got.every(({ firstName = "" }, i) => firstName === "🌲é".repeat(i % 7)));
    assert.equal(got.length, 4_000);
  });

  it("keeps letters of all scripts", async () => {
    assert.deepEqual((await read("email,role,firstName\nzoë@example.com,member,Ζωή 🌲"))[0]?.firstName, "Ζωή 🌲");
  });

  it("tells of cells that no column is for", async () => {
    const rows = await readImportFile(Buffer.from("email,role\na@example.com,member,x,,y\nb@example.com"));
    assert.deepEqual(
      rows.map(({ surplus, cells }) => [surplus, cells.role]),
      [
        [2, "member"],
        [0, ""],
      ],
    );
  });

  const wrong: readonly (readonly [what: string, file: string | Buffer, words: RegExp])[] = [
    ["in UTF-16 with its mark", Buffer.from("\uFEFFemail,role\n", "utf16le"), /UTF-16.*CSV UTF-8/],
    ["in UTF-16 without one", Buffer.from("email,role\n", "utf16le"), /UTF-16.*CSV UTF-8/],
    ["in UTF-16, the other way", Buffer.from("email,role\n", "utf16le").swap16(), /UTF-16.*CSV UTF-8/],
    ["in Latin-1", Buffer.from("email,role,firstName\na@example.com,member,Zo\xEB", "latin1"), /Latin-1.*CSV UTF-8/],
    ["with U+0000", "email,role\na@example.com,mem\0ber", /U\+0000/],
    ["of nothing", "\r\n\r\n", /empty.*email, role/],
    ["of its mark alone", "\uFEFF", /empty/],
    ["with a header alone", "email,role\n,,\n\n", /no row/],
    ["without a header", "ana@example.com,member\nbea@example.com,member", /'email' is missing.*'role' is missing/],
    ["without roles", "email\na@example.com", /'role' is missing/],
    ["with a column that is not known", "email,role,Department,salary\na,b,c,d", /'Department' is not known.*'salary'/],
    ["with a column twice", "email,role,E-Mail\na,b,c", /'E-Mail' is there twice/],
    [
      "with an open quotation mark",
      'email,role\na@example.com,member\n\n"b@example.com,member\nc',
      /^Row 4 .*nothing closes/,
    ],
    ["with a quotation mark within a cell", 'email,role\nThe "boss",x', /^Row 2 .*within a cell/],
    ["with one after another's end", 'email,role\n"a@example.com"x,member', /^Row 2 .*quotation mark/],
    ["with a row of ten thousand bytes", `email,role\na,${"b".repeat(10_001)}`, /^Row 2 is longer than 10000 bytes/],
    ["with a header of four megabytes", "email".repeat(800_000), /^Row 1 is longer than 10000 bytes/],
    ["of rows that a quotation mark swallows", `email,role\n"a@example.com\n${"b,c\n".repeat(5_000)}`, /not closed/],
    ["of 10,001 rows", `email,role\n${"a@example.com,member\n".repeat(10_001)}`, /more than 10000 rows.*Split/],
    ["of a million separators", `email,role\n${",\n".repeat(1_000_000)}`, /more than 10000 rows/],
    ["with a row of four million cells", `email,role\n${",".repeat(4_000_000)}`, /^Row 2 has more than 50 cells/],
    ["with a header of four million cells", `email,role${",".repeat(4_000_000)}\na,b`, /^Row 1 has more than 50 cells/],
    ["that is no table", Buffer.from("PK\x03\x04[Content_Types].xml"), /'email' is missing/],
    ["of JSON", '[{"email":"a@example.com"}]', /quotation mark|missing/],
  ];
  for (const [what, file, words] of wrong) {
    it(`is refused ${what}, with what to do`, async () => {
      assert.match((await refusal(file)).message, words);
    });
  }

  it("is refused with the place of each fault of its header", async () => {
    assert.deepEqual(
      (await refusal("email,role,Department,Email\na,b,c,d")).errors.map(({ path }) => path),
      ["/columns/3", "/columns/4"],
    );
    assert.deepEqual((await refusal(`role,${"x,".repeat(40)}\na`)).errors.length, 20);
  });

  it("may have 10,000 rows", async () => {
    const rows = await readImportFile(Buffer.from(`email,role\n${"a@example.com,member\n".repeat(10_000)}`));
    assert.equal(rows.length, 10_000);
  });

  const cell = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\0", "").trim());
  const record = fc.record({ email: cell, role: cell, team: cell, firstName: cell, lastName: cell });

  it("is read as it was written, whatever is in its cells, by whichever separator and line end", async () => {
    const order = fc.shuffledSubarray([...importColumns], { minLength: importColumns.length });
    const delimiters = fc.constantFrom(",", ";", "\t");
    const ends = fc.constantFrom("\n", "\r\n", "\r");
    const same = fc.asyncProperty(
      fc.array(record, { minLength: 1 }),
      order,
      delimiters,
      ends,
      async (rows, columns, delimiter, end) => {
        const written = rows.filter((row) => Object.values(row).some((each) => each !== ""));
        fc.pre(written.length > 0);
        const table = [columns, ...written.map((row) => columns.map((column) => row[column]))];
        const text = stringify(table, { delimiter, record_delimiter: end, quoted: true });
        const got = (await readImportFile(Buffer.from(text))).map(({ cells }) => cells);
        assert.deepEqual(
          got,
          written.map((row) => ({ ...none, ...row })),
        );
      },
    );
    await fc.assert(same, { numRuns: 100 });
  });

  it("is read or refused, whatever the bytes", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "e", "é", "\t", "=") })
        .map((text) => Buffer.from(`email,role\n${text}`)),
    );
    const holds = fc.asyncProperty(bytes, async (each) => {
      try {
        for (const { row, cells } of await readImportFile(Buffer.from(each))) {
          assert.ok(row >= 2);
          assert.deepEqual(Object.keys(cells), [...importColumns]);
        }
      } catch (error) {
        assert.ok(isRefusal(error, "invalid_request"), String(error));
        assert.match(error.message, /\.$|:/);
      }
    });
    await fc.assert(holds, { numRuns: 500 });
  });
});
