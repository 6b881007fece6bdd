import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/copy/byte-writer.js";
import { ChunkPool } from "../../src/copy/chunk-pool.js";

const slack = 32;
const pool = new ChunkPool();
const bytesOf = (out: ByteWriter): Buffer => Buffer.concat(out.chunks());

describe("ByteWriter", () => {
  it("keeps all that is written in order, wherever chunks end", () => {
    const text = fc.string({ unit: "binary", maxLength: 20_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), text), { maxLength: 40 }), (pairs) => {
        const out = new ByteWriter(slack, pool);
        const expected: Buffer[] = [];
        for (const [number, words] of pairs) {
          out.reserve();
          for (let times = 0; times < slack / 4; times += 1) out.int32(number + times);
          out.text(words);
          for (let times = 0; times < slack / 4; times += 1) out.int32(number - times);
          const integers = Buffer.alloc(slack * 2 + 4);
          for (let times = 0; times < slack / 4; times += 1) {
            integers.writeInt32BE((number + times) | 0, times * 4);
            integers.writeInt32BE((number - times) | 0, slack + 4 + times * 4);
          }
          const utf8 = Buffer.from(words);
          integers.writeInt32BE(utf8.length, slack);
          expected.push(integers.subarray(0, slack + 4), utf8, integers.subarray(slack + 4));
        }
        expect(bytesOf(out).equals(Buffer.concat(expected))).toBe(true);
      }),
    );
  });

  it("writes a short text as any other, or leaves it", () => {
    const words = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: "binary", maxLength: 60 }));
    const answers = { taken: 0, left: 0 };
    fc.assert(
      fc.property(words, (text) => {
        const short = new ByteWriter(slack, pool);
        const any = new ByteWriter(slack, pool);
        const isTaken = short.shortText(text);
        if (isTaken) any.text(text);
        expect(bytesOf(short)).toStrictEqual(bytesOf(any));
        expect(isTaken && text.includes("\0")).toBe(false);
        answers[isTaken ? "taken" : "left"] += 1;
      }),
      { numRuns: 1000 },
    );
    expect(answers.taken).toBeGreaterThan(100);
    expect(answers.left).toBeGreaterThan(100);
  });
});
