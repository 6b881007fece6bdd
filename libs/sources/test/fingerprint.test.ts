import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintOf, isSameRecord } from "../src/fingerprint.js";

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const records = fc.record({ offset: fc.constant(7), timestampMs: fc.constant(1), key: bytes, value: bytes });

describe("A record's fingerprint", () => {
  it("is that of the record as it was given, whatever happens to its bytes before somebody looks", () => {
    const answer = Buffer.from("a key and a value");
    const record = { offset: 7, timestampMs: 1, key: answer.subarray(2, 5), value: answer.subarray(12) };
    const [looked, later] = [fingerprintOf(record), fingerprintOf(record)];
    const { digest } = looked;
    answer.fill(0);
    expect(later.digest).toBe(digest);
    expect(later).toEqual({ offset: 7, timestampMs: 1, digest });
  });

  it("differs where key or value do", () => {
    fc.assert(
      fc.property(records, records, (one, other) => {
        const isEqual = JSON.stringify([one.key, one.value]) === JSON.stringify([other.key, other.value]);
        expect(isSameRecord(fingerprintOf(one), fingerprintOf(other))).toBe(isEqual);
      }),
    );
  });

  it("takes both ends of a long value and its length", () => {
    const digestOf = (value: Uint8Array) => fingerprintOf({ offset: 0, timestampMs: 0, key: null, value }).digest;
    const long = new Uint8Array(100_000);
    const digests = [long, long.with(0, 1), long.with(99_999, 1), new Uint8Array(100_001)].map(digestOf);
    expect(new Set(digests).size).toBe(4);
  });
});
