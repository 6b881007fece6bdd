import { keyBytesOf, valueBytesOf } from "./fetched-record.js";
import type { FetchedBatch } from "./kafka-port.js";

/** The memory that fetched batches may take until their tasks have taken them in, in bytes, over all partitions. */
export interface FetchBudget {
  /** Takes so many bytes; false where they are not free. */
  tryTakeFetched(bytes: number): boolean;
  freeFetched(bytes: number): void;
  /** Resolves once so many bytes may be free, or at the signal. */
  untilRoom(bytes: number, signal: AbortSignal): Promise<void>;
}

/** About what the objects of a record take beside its key and value. */
const RECORD_BYTES = 128;

/** About how much memory a batch takes. */
export function sizeOfBatch({ records }: FetchedBatch): number {
  let bytes = records.length * RECORD_BYTES;
  for (const record of records) bytes += keyBytesOf(record) + valueBytesOf(record);
  return bytes;
}
