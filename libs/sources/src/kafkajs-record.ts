import { createRequire } from "node:module";

/** What is used of kafkajs's own reader of the protocol's bytes. */
interface Decoder {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** What the records of a batch have in common. kafkajs gives all of them the same object. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly magicByte: number;
  readonly isControlBatch?: boolean;
  readonly timestampType: number;
  readonly maxTimestamp: string;
}

/** Turns the bytes of one record into kafkajs's message. */
export type RecordDecoder = (decoder: Decoder, context: BatchContext) => object;

const require = createRequire(import.meta.url);
/** The release whose inside is known here. */
const KNOWN_VERSION = "2.2.4";
const RECORD_DECODER = "kafkajs/src/protocol/recordBatch/record/v0/decoder";
const LOG_APPEND_TIME = 1;

/** A base must leave room for a delta of 28 bits. */
const MOST_BASE = Number.MAX_SAFE_INTEGER - 2 ** 28;

let isDone = false;

/**
 * Replaces the function of kafkajs that decodes a record, which adds bigints for each offset and each timestamp. Applies to the
 * whole process, and the messages stay the same. Has no effect if the process has fetched before, as kafkajs loads this
 * function with its first fetch, nor on another release of kafkajs.
 */
export function patchKafkajsDecoder(): void {
  if (isDone) return;
  isDone = true;
  const { version } = require("kafkajs/package.json") as { version: string };
  if (version !== KNOWN_VERSION) return;
  const original = require(RECORD_DECODER) as RecordDecoder;
  const loaded = require.cache[require.resolve(RECORD_DECODER)];
  if (loaded !== undefined) loaded.exports = createRecordDecoder(original);
}

/** Decodes a record without headers whose numbers are below 2^27, and leaves every other one to `decode`. */
export function createRecordDecoder(decode: RecordDecoder): RecordDecoder {
  let at = 0;

  /** A zigzag varint of at most four bytes; NaN for a longer one. */
  function readNumber(buffer: Buffer): number {
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = buffer[at] ?? Number.NaN;
      at += 1;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1);
    }
    return Number.NaN;
  }

  /** The bytes behind their length; null where the length is -1, undefined where it is another negative one, or too long. */
  function readBytes(buffer: Buffer): Buffer | null | undefined {
    const length = readNumber(buffer);
    const from = at;
    if (length >= 0 && from + length <= buffer.length) {
      at += length;
      return buffer.subarray(from, at);
    }
    return length === -1 ? null : undefined;
  }

  let context: BatchContext | undefined;
  let firstOffset = Number.NaN;
  let firstTimestamp = Number.NaN;
  let appendTime: string | undefined;
  // Records of one batch mostly share their timestamp.
  let lastTimestamp = Number.NaN;
  let lastTimestampText = "";

  function turnTo(batch: BatchContext): void {
    context = batch;
    firstOffset = toBase(batch.firstOffset);
    firstTimestamp = toBase(batch.firstTimestamp);
    appendTime = batch.timestampType === LOG_APPEND_TIME && batch.maxTimestamp ? batch.maxTimestamp : undefined;
  }

  function timestampOf(delta: number): string {
    if (appendTime !== undefined) return appendTime;
    const timestamp = firstTimestamp + delta;
    if (timestamp !== lastTimestamp) {
      lastTimestamp = timestamp;
      lastTimestampText = String(timestamp);
    }
    return lastTimestampText;
  }

  return (decoder, batchContext) => {
    if (batchContext !== context) turnTo(batchContext);
    const { buffer } = decoder;
    const attributes = buffer.readInt8(decoder.offset);
    at = decoder.offset + 1;
    const timestampDelta = readNumber(buffer);
    const offset = firstOffset + readNumber(buffer);
    const timestamp = timestampOf(timestampDelta);
    const key = readBytes(buffer);
    const value = readBytes(buffer);
    const headers = readNumber(buffer);
    const isPlain = Number.isInteger(firstTimestamp + timestampDelta + offset) && headers === 0;
    if (!isPlain || key === undefined || value === undefined) return decode(decoder, batchContext);
    const { magicByte, isControlBatch: isControlRecord = false } = batchContext;
    return {
      magicByte,
      attributes,
      timestamp,
      offset: String(offset),
      key,
      value,
      headers: {},
      isControlRecord,
      batchContext,
    };
  };
}

/** NaN for a number that is no exact one with a delta added. */
function toBase(text: string): number {
  const base = Number(text);
  return Math.abs(base) <= MOST_BASE ? base : Number.NaN;
}
