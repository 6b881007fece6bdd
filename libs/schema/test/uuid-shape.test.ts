import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UUID_SHAPE } from "../src/event.js";
import { isUuidShaped } from "../src/uuid-shape.js";

describe("isUuidShaped", () => {
  it("agrees with the schema's pattern on UUIDs in which any one UTF-16 code unit is replaced", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(35), fc.oneof(fc.nat(0xffff), fc.nat(127)), (uuid, at, unit) => {
        const text = uuid.slice(0, at) + String.fromCharCode(unit) + uuid.slice(at + 1);
        expect(isUuidShaped(text)).toBe(UUID_SHAPE.test(text));
      }),
    );
  });

  it("agrees with it on texts of other lengths, and in upper case", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(40), fc.string({ maxLength: 3 }), (uuid, length, more) => {
        for (const text of [uuid.toUpperCase(), uuid.slice(0, length) + more, `${uuid}\n`]) {
          expect(isUuidShaped(text)).toBe(UUID_SHAPE.test(text));
        }
      }),
    );
  });
});
