import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { createCopyEncoder } from "../../src/index.js";
import { items, money, size } from "./items.js";

describe("a value that its column cannot hold is refused, by column:", () => {
  it.each([
    ["price", ["100000000", "0.001", "", ".", "1e", "12,5", "NaN", Number.NaN, Infinity, 10n ** 8n, true, {}]],
    ["exact", ["1e131072", "1e-16384", "0x10", " 1"]],
    ["hundreds", [150, 100_000]],
    ["tiny", ["0.01", "0.00001"]],
    ["document", [{ a: "\0" }, ["\ud83d"], { "\0": 1 }, "a\\\0"]],
    ["document", [() => 1, 1n, Symbol("x")]],
    ["plain", ["\udc00"]],
    ["day", ["2023-02-29", "0000-01-01", "2024-1-1", "2024-13-01", "2024-01-01T00:00:00Z", 5, new Date(Number.NaN)]],
    ["ratio", [1e39, 1e-46, "1"]],
    ["size", ["medium", "", 1]],
    ["huge", [2n ** 63n, 2 ** 53, "1"]],
    ["code", ["abcd", 1]],
    ["label", ["abcde", "😀😀😀😀😀", "a\0"]],
    [
      "seen",
      ["2024-02-30T00:00:00Z", "2024-02-03T24:00:00Z", "2024-02-03T17:00:00", "0000-01-01T00:00:00Z", 0.5, true],
    ],
    ["words", ["a", [1], ["a\0"], [["a"]]]],
    ["prices", [["0.001"]]],
    ["labels", [["abcde"]]],
  ])("%s", (property, values) => {
    for (const value of values) {
      expect(() =>
        createCopyEncoder(items)
          .open()
          .append([{ at: 0, [property]: value }]),
      ).toThrow(
        expect.objectContaining({ code: "unencodable", message: expect.stringContaining(`Column ${property} `) }),
      );
    }
  });

  it("a number where times are ISO text", () => {
    const stream = createCopyEncoder(items, { timeUnits: { seen: "iso" } }).open();
    expect(() => stream.append([{ at: 0, seen: 0 }])).toThrow("Column seen (timestamp with time zone) cannot hold 0");
  });
});

describe("a table that cannot be written is refused at once, by column:", () => {
  it.each([
    ["a type without a writer", { price: money("unit_price") }, "type money; supported are smallint"],
    ["an array of an enum", { price: size("unit_price").array() }, "type size[]"],
    ["an array of arrays", { price: text("unit_price").array().array() }, "type text[][]"],
  ])("%s", (_what, columns, problem) => {
    expect(() => createCopyEncoder(pgTable("wares", columns))).toThrow(
      expect.objectContaining({
        code: "unencodable",
        message: expect.stringMatching(
          `^Column unit_price of "public"."wares" has the ${problem.replaceAll(/[[\]]/g, "\\$&")}`,
        ),
      }),
    );
  });

  it("a column that is in no row, is not null and has no default", () => {
    const wares = pgTable("wares", { id: integer("id").notNull(), made: integer("made_at").notNull() });
    expect(() => createCopyEncoder(wares, { properties: ["id"] })).toThrow(
      'Column made_at of "public"."wares" is not null, has no default, and is in no row.',
    );
    const byDrizzle = pgTable("wares", {
      made: integer("made_at")
        .notNull()
        .$defaultFn(() => 1),
    });
    expect(() => createCopyEncoder(byDrizzle, { properties: [] })).toThrow("Column made_at");
  });
});
