import type { SourceRecord } from "./batch.js";

/** What the records of a producer's batch have in common. */
export interface RecordBatch {
  /** The bytes that hold the records: of the whole answer, or of one unpacked batch. */
  readonly bytes: Buffer;
  /** As kafkajs names it. */
  readonly firstOffset: string;
  readonly producerId: string;
  readonly inTransaction: boolean;
  /** Ms since 1970. */
  readonly firstTimestampMs: number;
  /** Where the broker stamped the batch, its time in ms; else undefined. */
  readonly appendTimeMs: number | undefined;
}

/**
 * A record in an answer to a fetch. It holds where its key and value are, and makes views of them when they are asked for: all records of
 * an answer are in memory at once, and views take several times as much as a record.
 */
export class FetchedRecord implements SourceRecord {
  /** As kafkajs names it. */
  readonly batchContext: RecordBatch;
  readonly offset: number;
  /** A marker, or a record of an aborted transaction: kafkajs gives such records to nobody, and counts their offsets as read. */
  isControlRecord: boolean;
  readonly #timestampDelta: number;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly #valueAt: number;
  readonly #valueLength: number;

  /** A length below 0 stands for null. `timestampDelta`: ms since the batch's first timestamp. */
  constructor(
    batch: RecordBatch,
    isControlRecord: boolean,
    offset: number,
    timestampDelta: number,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
  ) {
    this.batchContext = batch;
    this.offset = offset;
    this.isControlRecord = isControlRecord;
    this.#timestampDelta = timestampDelta;
    this.#keyAt = keyAt;
    this.#keyLength = keyLength;
    this.#valueAt = valueAt;
    this.#valueLength = valueLength;
  }

  get timestampMs(): number {
    return this.batchContext.appendTimeMs ?? this.batchContext.firstTimestampMs + this.#timestampDelta;
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.batchContext.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength);
  }

  get value(): Buffer | null {
    const { bytes } = this.batchContext;
    return this.#valueLength < 0 ? null : bytes.subarray(this.#valueAt, this.#valueAt + this.#valueLength);
  }

  /** Gives `read` the bytes that hold the value, and where it begins and ends. Null where there is none. */
  readValue<T>(read: (bytes: Uint8Array, from: number, to: number) => T): T | null {
    if (this.#valueLength < 0) return null;
    return read(this.batchContext.bytes, this.#valueAt, this.#valueAt + this.#valueLength);
  }

  get keyBytes(): number {
    return Math.max(this.#keyLength, 0);
  }

  get valueBytes(): number {
    return Math.max(this.#valueLength, 0);
  }
}

/** Whether all of an answer's messages were decoded here. */
export function areFetched(messages: readonly unknown[]): messages is readonly FetchedRecord[] {
  return messages.every((message) => message instanceof FetchedRecord);
}

/** Gives `read` bytes that hold the record's value, and where in them it begins and ends. Null where there is none. */
export function readValue<T>(record: SourceRecord, read: (bytes: Uint8Array, from: number, to: number) => T): T | null {
  if (record instanceof FetchedRecord) return record.readValue(read);
  const { value } = record;
  return value === null ? null : read(value, 0, value.length);
}

/** How many bytes the record's key has. Makes no view of it. */
export function keyBytesOf(record: SourceRecord): number {
  return record instanceof FetchedRecord ? record.keyBytes : (record.key?.length ?? 0);
}

/** How many bytes the record's value has. Makes no view of it. */
export function valueBytesOf(record: SourceRecord): number {
  return record instanceof FetchedRecord ? record.valueBytes : (record.value?.length ?? 0);
}
