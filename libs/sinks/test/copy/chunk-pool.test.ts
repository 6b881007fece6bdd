import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/copy/byte-writer.js";
import { ChunkPool } from "../../src/copy/chunk-pool.js";

function write(pool: ChunkPool, texts: readonly string[]): ByteWriter {
  const out = new ByteWriter(0, pool);
  for (const text of texts) out.text(text);
  return out;
}

const read = (out: ByteWriter): string => Buffer.concat(out.chunks()).toString("latin1");

describe("ChunkPool", () => {
  it("lets writers share memory only one after another, whatever they write and whenever they are done", () => {
    const texts = fc.array(fc.string({ maxLength: 70_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.record({ texts, keeps: fc.boolean() }), { maxLength: 12 }), (writers) => {
        const pool = new ChunkPool();
        const kept: { readonly out: ByteWriter; readonly expected: string }[] = [];
        for (const { texts: given, keeps } of writers) {
          const out = write(pool, given);
          const expected = read(write(new ChunkPool(), given));
          if (keeps) kept.push({ out, expected });
          else out.release();
        }
        expect(kept.map(({ out }) => read(out))).toEqual(kept.map(({ expected }) => expected));
      }),
      { numRuns: 50 },
    );
  });

  it("gives out again what was given back, newest first", () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(1), pool.take(1)];
    pool.giveBack(chunks);
    expect(pool.take(1)).toBe(chunks[1]);
    expect(pool.take(1)).toBe(chunks[0]);
    expect(chunks).not.toContain(pool.take(1));
  });

  it("makes room for what is larger than a chunk, and does not keep it", () => {
    const pool = new ChunkPool();
    const large = pool.take(100_000);
    expect(large.length).toBeGreaterThanOrEqual(100_000);
    pool.giveBack([large]);
    expect(pool.take(100_000)).not.toBe(large);
    expect(pool.take(1)).not.toBe(large);
  });

  it("begins with a small chunk, which is given out again as a first one alone", () => {
    const pool = new ChunkPool();
    const first = pool.take(1, true);
    expect(first.length).toBe(4_096);
    pool.giveBack([first]);
    expect(pool.take(1)).not.toBe(first);
    expect(pool.take(5_000, true).length).toBe(65_536);
    expect(pool.take(1, true)).toBe(first);
  });

  it("keeps no more than 64 MiB idle", () => {
    const pool = new ChunkPool();
    const chunks = Array.from({ length: 1_100 }, () => pool.take(1));
    pool.giveBack(chunks);
    const again = Array.from({ length: 1_100 }, () => pool.take(1));
    expect(again.filter((chunk) => chunks.includes(chunk)).length).toBe(1_024);
  });
});
