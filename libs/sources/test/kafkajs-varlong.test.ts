import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patchKafkajsDecoder } from "../src/kafkajs-varlong.js";

interface Decoder {
  offset: number;
  readVarLong(): object;
}

const require = createRequire(import.meta.url);
const KafkajsDecoder = require("kafkajs/src/protocol/decoder") as new (bytes: Buffer) => Decoder;
const Long = require("kafkajs/src/utils/long") as { fromString(text: string): object };

const original = { readVarLong: KafkajsDecoder.prototype.readVarLong, fromString: Long.fromString };
patchKafkajsDecoder();

/** What a reader makes of the bytes, and where it stands then. */
function read(readVarLong: (this: Decoder) => object, bytes: Uint8Array): unknown {
  const decoder = new KafkajsDecoder(Buffer.from(bytes));
  try {
    return [String(readVarLong.call(decoder)), decoder.offset];
  } catch (error) {
    return String(error);
  }
}

function zigZagBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int28 = fc.bigInt({ min: -(2n ** 28n), max: 2n ** 28n });

describe("patchKafkajsDecoder", () => {
  it("has put a reader of its own in the place of kafkajs's", () => {
    expect(KafkajsDecoder.prototype.readVarLong).not.toBe(original.readVarLong);
    expect(Long.fromString).not.toBe(original.fromString);
  });

  it("reads every number that kafkajs reads, and stands where it stands", () => {
    fc.assert(
      fc.property(fc.oneof(int28, int64), (value) => {
        const bytes = zigZagBytes(value);
        expect(read(KafkajsDecoder.prototype.readVarLong, bytes)).toEqual([String(value), bytes.length]);
        expect(read(original.readVarLong, bytes)).toEqual([String(value), bytes.length]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("does with any bytes what kafkajs does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 12 }), (bytes) => {
        expect(read(KafkajsDecoder.prototype.readVarLong, bytes)).toEqual(read(original.readVarLong, bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads texts as kafkajs does, whatever it read before", () => {
    const texts = fc.constantFrom("0", "-1", "7", "1706981295000", "9223372036854775807");
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 30 }), (given) => {
        expect(given.map((text) => String(Long.fromString(text)))).toEqual(given);
      }),
    );
    expect(() => Long.fromString("")).toThrow("empty string");
  });
});
