import { describe, expect, test } from "vitest";
import { expandMacros, type View } from "@tidemark/panels";

const view: View = {
  fromMs: Date.UTC(2024, 1, 3, 17),
  toMs: Date.UTC(2024, 1, 3, 18, 0, 10, 250),
  intervalMs: 5_000,
  variables: { topic: "orders", shop: "all", channel: ["web", "app"] },
};

describe("expandMacros", () => {
  test.each([
    ["$__timeFilter(t.at)", "t.at BETWEEN '2024-02-03T17:00:00Z' AND '2024-02-03T18:00:10.25Z'"],
    ["$__timeFrom()", "'2024-02-03T17:00:00Z'"],
    ["$__timeTo()", "'2024-02-03T18:00:10.25Z'"],
    ["$__unixEpochNanoFrom()", "1706979600000000000"],
    ["$__unixEpochNanoTo()", "1706983210250000000"],
    ["$__interval_ms", "5000"],
    ["array[$shop]", "array[NULL]"],
    ["array[$channel]", "array['web','app']"],
  ])("writes %s as Grafana's plugin does", (text, expanded) => {
    expect(expandMacros(text, view)).toBe(expanded);
  });

  test.each([
    ["the last second of the year 9999", "9999-12-31T23:59:59Z", 253_402_300_799_000],
    ["the year 10000", "J5373485 00:00:00Z", 253_402_300_800_000],
    ["the year 1", "0001-01-01T00:00:00Z", -62_135_596_800_000],
    ["the year 1 BC", "J1721425 23:59:59.999Z", -62_135_596_800_001],
    ["the first time of a timestamptz", "J0 00:00:00Z", -210_866_803_200_000],
    ["a time before it", "J0 00:00:00Z", -210_866_803_200_001],
    ["the end of a Date", "J102440588 00:00:00Z", 8_640_000_000_000_000],
    ["a time behind it", "J102440588 00:01:00Z", 8_640_000_000_060_000],
    ["a time behind all of a timestamptz", "J109203527 23:59:59Z", 2 ** 62],
  ])("writes %s as Postgres reads it", (_what, text, ms) => {
    expect(expandMacros("$__timeFrom() $__timeTo()", { ...view, fromMs: ms, toMs: ms })).toBe(`'${text}' '${text}'`);
  });

  test("a name is a literal, whatever it looks like", () => {
    const variables = {
      ...view.variables,
      shop: ["o'clock", "$__timeTo()", "$channel", "'); drop table t; --", "$&"],
    };
    expect(expandMacros("array[$shop]", { ...view, variables })).toBe(
      "array['o''clock','$__timeTo()','$channel','''); drop table t; --','$&']",
    );
  });

  test("no name at all leaves the list empty", () => {
    expect(expandMacros("array[$shop]::text[]", { ...view, variables: { shop: [] } })).toBe("array[]::text[]");
  });

  test("a topic is one name, whatever it is called", () => {
    expect(expandMacros("'$topic'", { ...view, variables: { topic: "all" } })).toBe("'all'");
    expect(expandMacros("'$topic'", { ...view, variables: { topic: "o'clock" } })).toBe("'o''clock'");
  });

  test("refuses a macro that it doesn't know, and a variable without a value", () => {
    expect(() => expandMacros("$__timeGroup(t.at, 5m)", view)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_MACRO" }),
    );
    expect(() => expandMacros("$__interval", view)).toThrow(expect.objectContaining({ code: "UNKNOWN_MACRO" }));
    expect(() => expandMacros("$country", view)).toThrow(expect.objectContaining({ code: "UNKNOWN_VARIABLE" }));
    expect(() => expandMacros("$shop", { ...view, variables: {} })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_VARIABLE" }),
    );
    expect(() => expandMacros("$shop", { ...view, variables: { shop: "Bogor" } })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_VARIABLE" }),
    );
  });
});
