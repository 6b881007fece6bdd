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
