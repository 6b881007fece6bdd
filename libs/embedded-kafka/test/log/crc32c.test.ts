import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "../../src/log/crc32c.js";

/** Bit by bit, as the polynomial says. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("the vectors of RFC 3720 come out", () => {
  const rising = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
  expect(crc32c(Buffer.from("123456789"), 0, 9)).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff), 0, 32)).toBe(0x62a8ab43);
  expect(crc32c(rising, 0, 32)).toBe(0x46dd794e);
});

test("any part of any buffer has the checksum that the polynomial gives it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), fc.nat(20), (bytes, before, behind) => {
      const buffer = Buffer.concat([Buffer.alloc(before, 7), bytes, Buffer.alloc(behind, 9)]);
      expect(crc32c(buffer, before, before + bytes.length)).toBe(slowCrc32c(bytes));
    }),
  );
});
