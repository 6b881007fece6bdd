import { expect, it } from "vitest";
import type { z } from "zod";
import { directory, duration, hostName, oneOf, port, rate, text, time, topic } from "../src/option-types.js";

it.each<[string, z.ZodType, string, unknown]>([
  ["a port", port(0), "0", 0],
  ["a port", port(1), "65535", 65_535],
  ["a duration", duration, "90s", 90_000],
  ["a duration", duration, "0s", 0],
  ["a time", time, "2024-02-03T17:00:00+07:00", Date.UTC(2024, 1, 3, 10)],
  ["a rate", rate, "2.5", 2.5],
  ["a rate", rate, "max", "max"],
  ["a topic", topic, "a.b_c-1", "a.b_c-1"],
  ["a host", hostName, "::1", "::1"],
  ["a directory", directory, "a b/c", "a b/c"],
  ["one of two", oneOf(["embedded", "real"]), "real", "real"],
  ["a text", text("a name"), "x", "x"],
])("%s takes %s", (_kind, schema, given, value) => {
  expect(schema.parse(given)).toBe(value);
});

it.each<[string, z.ZodType, string]>([
  ["a port", port(1), "0"],
  ["a port", port(0), "65536"],
  ["a port", port(0), "1e3"],
  ["a duration", duration, "5"],
  ["a duration", duration, "367d"],
  ["a time", time, "2024-02-03T17:00:00"],
  ["a time", time, "2024-02-30T17:00:00Z"],
  ["a time", time, "1970-01-01T00:00:00Z"],
  ["a rate", rate, "0"],
  ["a rate", rate, "-5"],
  ["a rate", rate, "1000001"],
  ["a topic", topic, ".."],
  ["a topic", topic, "a/b"],
  ["a host", hostName, "a b"],
  ["a directory", directory, "a\0"],
  ["one of two", oneOf(["embedded", "real"]), "fake"],
  ["a text", text("a name"), ""],
])("%s does not take %j", (_kind, schema, given) => {
  expect(schema.safeParse(given).success).toBe(false);
});

it("says what one of several is", () => {
  expect(oneOf(["a", "b", "c"]).description).toBe("a, b or c");
});
