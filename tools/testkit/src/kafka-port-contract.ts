import type { FetchedBatch, KafkaPort, PartitionOffsets } from "@tidemark/sources";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** A topic of two partitions with nothing in it yet, and one client on it. */
export interface KafkaPortHarness {
  readonly port: KafkaPort;
  /** Appends records to a partition. */
  produce(partition: number, records: number): Promise<void>;
  /** Lets time pass until the condition holds; rejects where it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Reading {
  readonly port: KafkaPort;
  readonly assignments: (readonly number[])[];
  readonly batches: readonly FetchedBatch[];
  /** Offsets that were taken, by partition. */
  readonly taken: readonly [number[], number[]];
  /** Until it is set, batches of partition 0 are refused. */
  takes: boolean;
  resume(partition: number, offset: number): void;
}

/** The promises of KafkaPort that the source relies on. Every implementation runs this suite. */
export function describeKafkaPort(name: string, open: () => Promise<KafkaPortHarness>): void {
  describe(`the Kafka port ${name}`, () => {
    let harness: KafkaPortHarness;
    let stop: AbortController;
    let ended: Promise<void> | undefined;

    beforeEach(async () => {
      harness = await open();
      stop = new AbortController();
      ended = undefined;
    });
    afterEach(async () => {
      await leave();
      await harness.close();
    });

    async function leave(): Promise<void> {
      let isOver = ended === undefined;
      void ended?.then(() => (isOver = true));
      stop.abort();
      await harness.until(() => isOver);
    }

    /** Joins with both partitions paused, as the source does, and reads on from its positions. */
    async function join(): Promise<Reading> {
      const { port } = harness;
      const positions = [0, 0];
      const batches: FetchedBatch[] = [];
      const busy = new Set<number>();
      const reading = {
        port,
        assignments: [] as (readonly number[])[],
        batches,
        taken: [[], []] as [number[], number[]],
        takes: true,
        resume(partition: number, offset: number) {
          positions[partition] = offset;
          port.resume(partition, offset);
        },
      };
      ended = port.run(
        {
          assigned(partitions) {
            reading.assignments.push(partitions);
            for (const partition of partitions) port.pause(partition);
          },
          async batch(batch) {
            const { partition, firstOffset, lastOffset, records } = batch;
            batches.push(batch);
            // Thrown here, some clients would deliver the batch again.
            if (busy.has(partition)) batches.push({ ...batch, partition: -1 });
            busy.add(partition);
            await Promise.resolve();
            busy.delete(partition);
            if (partition === 0 && !reading.takes) return false;
            const position = positions[partition] ?? 0;
            if (firstOffset > position || lastOffset < position) {
              port.resume(partition, position);
              return false;
            }
            positions[partition] = lastOffset + 1;
            const fresh = records.map(({ offset }) => offset).filter((offset) => offset >= position);
            reading.taken[partition === 0 ? 0 : 1].push(...fresh);
            return true;
          },
          event: () => undefined,
          logEnd: () => undefined,
        },
        stop.signal,
      );
      await harness.until(() => reading.assignments.length > 0);
      return reading;
    }

    /** As the source does, asks again while the error is retryable. */
    async function readOffsets(): Promise<readonly PartitionOffsets[]> {
      for (;;) {
        let isOver = false;
        const answer = harness.port.readOffsets(stop.signal).finally(() => (isOver = true));
        answer.catch(() => undefined);
        await harness.until(() => isOver);
        try {
          return await answer;
        } catch (error) {
          if (!(error instanceof Error && "retryable" in error && error.retryable === true)) throw error;
        }
      }
    }

    it("tells the assignment before it fetches, and nothing of partitions that stay paused", async () => {
      await harness.produce(0, 10);
      await harness.produce(1, 10);
      const reading = await join();
      expect(reading.assignments.at(-1)?.toSorted()).toEqual([0, 1]);
      reading.resume(1, 0);
      await harness.until(() => reading.taken[1].length === 10);
      expect(reading.taken).toEqual([[], range(0, 10)]);
      expect(reading.batches.filter(({ partition }) => partition !== 1)).toEqual([]);
    });

    it("delivers from the offset of a resume on, in order and one batch of a partition at a time", async () => {
      await harness.produce(0, 20);
      const reading = await join();
      reading.resume(0, 7);
      await harness.until(() => reading.taken[0].length === 13);
      await harness.produce(0, 5);
      await harness.until(() => reading.taken[0].length === 18);
      expect(reading.taken[0]).toEqual(range(7, 25));
      for (const { partition, records, firstOffset, lastOffset, logEndOffset } of reading.batches) {
        const offsets = records.map(({ offset }) => offset);
        expect(partition).toBe(0);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        expect(offsets.every((offset) => offset >= firstOffset && offset <= lastOffset)).toBe(true);
        expect(logEndOffset).toBeGreaterThan(lastOffset);
      }
    });

    it("delivers a refused batch again after a resume", async () => {
      await harness.produce(0, 10);
      const reading = await join();
      reading.takes = false;
      reading.resume(0, 0);
      await harness.until(() => reading.batches.length > 0);
      reading.takes = true;
      reading.resume(0, 0);
      await harness.until(() => reading.taken[0].length === 10);
      expect(reading.taken[0]).toEqual(range(0, 10));
    });

    it("reads the offsets of every partition", async () => {
      await harness.produce(1, 4);
      const offsets = await readOffsets();
      expect(offsets).toMatchObject([
        { partition: 0, start: 0, end: 0 },
        { partition: 1, start: 0, end: 4 },
      ]);
    });

    it("gives up reading offsets after the signal", async () => {
      stop.abort();
      await expect(readOffsets()).rejects.toThrow("aborted");
    });

    it("leaves when the signal fires, and does nothing by a pause or resume before and after", async () => {
      harness.port.pause(0);
      harness.port.resume(0, 0);
      const reading = await join();
      await leave();
      harness.port.resume(0, 0);
      harness.port.pause(0);
      expect(reading.batches).toEqual([]);
    });
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
