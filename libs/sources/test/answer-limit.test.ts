import { describe, expect, it } from "vitest";
import { AnswerLimit, HEADER_BYTES } from "../src/compression/answer-limit.js";
import { tooLarge } from "../src/compression/codec-error.js";

/** An answer with compressed batches of 10 bytes each: so many, one behind the other, of each partition. */
function batchesOf(...partitions: readonly number[]): Buffer[] {
  const answer = Buffer.alloc(10_000);
  let at = 0;
  return partitions.flatMap((batches) => {
    at += 17;
    return Array.from({ length: batches }, () => {
      at += HEADER_BYTES + 10;
      return answer.subarray(at - 10, at);
    });
  });
}

/** What each batch became: its size, or the name of the error. */
async function unpackAll(batches: readonly Buffer[], sizes: readonly number[], limit: number): Promise<unknown[]> {
  const answers = new AnswerLimit();
  const results: unknown[] = [];
  for (const [index, batch] of batches.entries()) {
    const unpacked = answers.unpack(batch, limit, async (_bytes, most) => {
      if ((sizes[index] ?? 0) > most) throw tooLarge(most);
      return Buffer.alloc(sizes[index] ?? 0);
    });
    results.push(
      await unpacked.then(
        ({ length }) => length,
        (error: unknown) => (error as Error).name,
      ),
    );
  }
  return results;
}

const leftOut = "KafkaJSPartialMessageError";

describe("the batches of one answer", () => {
  it("are unpacked up to the limit together, and further ones are left for a later answer", async () => {
    expect(await unpackAll(batchesOf(1, 1, 1, 1), [60, 30, 20, 10], 100)).toEqual([60, 30, leftOut, 10]);
  });

  it("pass alone up to the limit, and beyond it are an error", async () => {
    expect(await unpackAll(batchesOf(1, 1), [100, 1], 100)).toEqual([100, leftOut]);
    expect(await unpackAll(batchesOf(1), [101], 100)).toEqual(["KafkaJSNotImplemented"]);
  });

  it("leave room for the first batches of other partitions", async () => {
    expect(await unpackAll(batchesOf(3, 2), [20, 20, 20, 20, 20], 100)).toEqual([20, 20, leftOut, 20, leftOut]);
  });

  it("are counted for each answer", async () => {
    const batches = [batchesOf(1), batchesOf(1)].flat();
    expect(await unpackAll(batches, [100, 100], 100)).toEqual([100, 100]);
  });
});
