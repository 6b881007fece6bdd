import { describe, expect, it } from "vitest";
import { refused, unreachable } from "../src/errors.js";
import type { PartitionOffsets } from "../src/kafka-port.js";
import { createOffsetReader } from "../src/offset-reader.js";

const ranges = (end: number): PartitionOffsets[] => [0, 1, 2].map((partition) => ({ partition, start: 0, end }));
const never = new AbortController().signal;
const missing = (partition: number, known: number) => new Error(`no partition ${partition} of ${known}`);

describe("the offset reader", () => {
  it("answers calls that come together by one read, and never by one that began before", async () => {
    let reads = 0;
    const answers: (() => void)[] = [];
    const read = createOffsetReader(
      async () => {
        reads += 1;
        const end = reads;
        await new Promise<void>((resolve) => answers.push(resolve));
        return ranges(end);
      },
      never,
      missing,
    );
    const first = read(0);
    const later = [read(1), read(2), read(0)];
    answers[0]?.();
    await expect(first).resolves.toMatchObject({ partition: 0, end: 1 });
    answers[1]?.();
    await expect(Promise.all(later)).resolves.toMatchObject([{ end: 2 }, { end: 2 }, { end: 2 }]);
    expect(reads).toBe(2);
  });

  it("asks again after a retryable error", async () => {
    let reads = 0;
    const read = createOffsetReader(
      () => {
        reads += 1;
        return reads === 1 ? Promise.reject(unreachable(["a:1"], new Error("refused"))) : Promise.resolve(ranges(5));
      },
      never,
      missing,
    );
    await expect(read(1)).resolves.toEqual({ partition: 1, start: 0, end: 5 });
  });

  it("gives up on an error that lasts, and at the signal", async () => {
    const lasting = createOffsetReader(() => Promise.reject(refused(["a:1"], new Error("no"))), never, missing);
    await expect(lasting(0)).rejects.toMatchObject({ code: "refused" });
    const stop = new AbortController();
    const away = createOffsetReader(() => Promise.reject(unreachable(["a:1"], new Error("x"))), stop.signal, missing);
    const asked = away(0);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});
