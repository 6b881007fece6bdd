import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUuidShaped, readLowerUuid, readUuidWords } from "../src/uuid-shape.js";
import { uuidText } from "./odd-values.js";

const UUID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

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

describe("readLowerUuid", () => {
  it("gives the text of a lower-case UUID wherever it begins, and null where any one byte is another", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(50), fc.nat(35), fc.nat(255), (uuid, from, at, byte) => {
        const bytes = new Uint8Array(from + 36).fill(0x20);
        for (let index = 0; index < 36; index += 1) bytes[from + index] = uuid.charCodeAt(index);
        expect(readLowerUuid(bytes, from)).toBe(uuid);
        bytes[from + at] = byte;
        const text = String.fromCharCode(...bytes.subarray(from));
        const isLower = UUID_SHAPE.test(text) && text === text.toLowerCase();
        expect(readLowerUuid(bytes, from)).toBe(isLower ? text : null);
        const words = new Int32Array(4);
        expect(readUuidWords(bytes, from, words)).toBe(isLower);
        expect(isLower ? uuidText(words) : text).toBe(text);
      }),
    );
  });

  it("gives null where the bytes end too soon", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(35), (uuid, length) => {
        const bytes = Uint8Array.from(uuid.slice(0, length), (character) => character.charCodeAt(0));
        expect(readLowerUuid(bytes, 0)).toBeNull();
        expect(readUuidWords(bytes, 0, new Int32Array(4))).toBe(false);
      }),
    );
  });
});
