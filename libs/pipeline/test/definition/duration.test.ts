import { formatDuration } from "@tidemark/sinks/tables";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/definition/duration.js";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["2d", 172_800_000],
    [" 0s ", 0],
  ])("reads %j as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "5", "m", "-5m", "1.5m", "5 m", "5M", "5min", "367d", "99999999999999ms", "５m"])(
    "takes %j for none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("formatDuration", () => {
  it.each(["0s", "250ms", "90s", "1500ms", "1m", "61m", "36h", "2d", "366d"])("writes %s as it is read", (text) => {
    expect(formatDuration(parseDuration(text) as number)).toBe(text);
  });
});
