import { describe, expect, it } from "vitest";
import { checkOffset, parseOffset } from "../src/offset.js";

describe("offsets", () => {
  it("are read from text up to 2^53 - 1", () => {
    expect(parseOffset("0")).toBe(0);
    expect(parseOffset("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(["9007199254740992", "-1", "", "1.5", "x"])("refuse %j", (text) => {
    expect(() => parseOffset(text)).toThrow(expect.objectContaining({ code: "unsafe-offset" }));
  });

  it("refuse a number that is not an offset", () => {
    expect(() => checkOffset(2 ** 53)).toThrow(expect.objectContaining({ code: "unsafe-offset" }));
    expect(checkOffset(7)).toBe(7);
  });
});
