import { createSource, readOffsets } from "@tidemark/sources";
import type { BenchServers } from "./servers.js";

export interface LoggedRecord {
  readonly partition: number;
  readonly offset: number;
  /** Its timestamp: when the producer was to send it, in epoch ms. */
  readonly dueMs: number;
}

/** All records of a topic that nobody writes to any more, by partition and offset. */
export async function readLog({ kafkaBrokers: brokers }: BenchServers, topic: string): Promise<LoggedRecord[]> {
  const ends = await readOffsets(brokers, topic);
  const records: LoggedRecord[] = [];
  const unread = new Set(ends.filter(({ start, end }) => end > start).map(({ partition }) => partition));
  const source = createSource({
    brokers,
    topic,
    group: "bench-log",
    claim: (partition, { logStartOffset }) =>
      Promise.resolve({
        nextOffset: logStartOffset,
        async accept(batch) {
          for (const { offset, timestampMs } of batch.records) records.push({ partition, offset, dueMs: timestampMs });
          if (batch.nextOffset >= batch.logEndOffset) unread.delete(partition);
          if (unread.size === 0) void source.stop();
        },
        close: () => Promise.resolve(),
      }),
  });
  await source.start();
  await source.done;
  return records;
}
