import type { Batch, KafkaMessage } from "kafkajs";
import type { SourceRecord } from "./batch.js";
import { areFetched, FetchedRecord } from "./fetched-record.js";
import type { FetchedBatch } from "./kafka-port.js";
import { parseOffset } from "./offset.js";

/** A batch as kafkajs 2.2.4 makes it: it knows what it asked for, though its types do not say so. */
type AskedBatch = Batch & { readonly fetchedOffset?: unknown };

/** As kafkajs 2.2.4 reads it; messages of Kafka before 0.11 have none. */
type BatchedMessage = KafkaMessage & { readonly batchContext?: { readonly firstOffset?: unknown } };

/** What END_BATCH_PROCESS says of a batch. */
export interface EndedBatch {
  readonly partition: number;
  readonly highWatermark: string;
  readonly firstOffset: string | null;
  readonly lastOffset: string;
}

/** @throws SourceError `unsafe-offset` */
export function convertBatch(batch: AskedBatch): FetchedBatch {
  const lastOffset = parseOffset(batch.lastOffset());
  const base = (batch.messages[0] as BatchedMessage | undefined)?.batchContext?.firstOffset;
  return {
    partition: batch.partition,
    ...(typeof base === "string" && { baseOffset: parseOffset(base) }),
    records: convertMessages(batch.messages),
    firstOffset: parseOffset(batch.firstOffset() ?? batch.lastOffset()),
    lastOffset,
    fetchedFrom: typeof batch.fetchedOffset === "string" ? parseOffset(batch.fetchedOffset) : null,
    logEndOffset: parseOffset(batch.highWatermark),
  };
}

/**
 * A batch of markers, aborted or compacted records alone skips eachBatch; kafkajs tells of it only by this event. Its first
 * offset is null where the fetch asked for an offset inside a compacted batch: then its last offset is the one asked for.
 *
 * @throws SourceError `unsafe-offset`
 */
export function convertEmptyBatch(ended: EndedBatch): FetchedBatch {
  const lastOffset = parseOffset(ended.lastOffset);
  return {
    partition: ended.partition,
    records: [],
    firstOffset: ended.firstOffset === null ? lastOffset : parseOffset(ended.firstOffset),
    lastOffset,
    fetchedFrom: ended.firstOffset === null ? lastOffset : null,
    logEndOffset: parseOffset(ended.highWatermark),
  };
}

/** What kafkajs has decoded becomes records; what was decoded here is some already. */
function convertMessages(messages: readonly (KafkaMessage | FetchedRecord)[]): readonly SourceRecord[] {
  // A copy: the array that kafkajs got may answer `filter` for it alone (`keepAll`).
  if (areFetched(messages)) return messages.slice();
  // The batch's last offset was checked, and no offset of it is higher.
  return messages.map((message) => {
    if (message instanceof FetchedRecord) return message;
    const { offset, timestamp, key, value } = message;
    return { offset: Number(offset), timestampMs: Number(timestamp), key, value };
  });
}
