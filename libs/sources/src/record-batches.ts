import { FetchedRecord, type RecordBatch } from "./fetched-record.js";

/** Unpacks the compressed records of a batch; undefined where its attributes name no codec. */
export type FindCodec = (attributes: number) => { decompress(records: Buffer): Promise<Buffer> } | null;

/** The fields of a batch's header (Kafka's documentation, "Record Batch"), in bytes from its beginning. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const FIRST_TIMESTAMP_AT = 27;
const LAST_TIMESTAMP_AT = 35;
const PRODUCER_AT = 43;
const COUNT_AT = 57;
const RECORDS_AT = 61;
/** The length counts what is behind itself. */
const LENGTH_END = 12;
/** kafkajs stops where less is left. */
const LEAST_BYTES = 49;
const MAGIC = 2;
const CONTROL = 0x20;
const TRANSACTIONAL = 0x10;
const LOG_APPEND_TIME = 0x08;
const CODECS = 0x07;
/** Numbers must stay exact when a delta is added. */
const MOST_BASE = Number.MAX_SAFE_INTEGER - 2 ** 49;

/**
 * Decodes a partition's batches of records, as far as they are whole: the end of an answer may cut the last one off. Undefined where one of
 * them is none of the present format, or is not what it should be: that is kafkajs's to judge. Rejects as `decompress` does.
 */
export async function decodeBatches(bytes: Buffer, findCodec: FindCodec): Promise<FetchedRecord[] | undefined> {
  const records: FetchedRecord[] = [];
  for (let at = 0; bytes.length - at >= LEAST_BYTES;) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + LENGTH_AT);
    if (end > bytes.length) break;
    if (bytes[at + MAGIC_AT] !== MAGIC || end < at + RECORDS_AT) return undefined;
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
    const count = bytes.readInt32BE(at + COUNT_AT);
    const codec = (attributes & CODECS) === 0 ? null : findCodec(attributes);
    if (count > 0) {
      const packed = bytes.subarray(at + RECORDS_AT, end);
      let held = packed;
      if (codec !== null) {
        try {
          held = await codec.decompress(packed);
        } catch (error) {
          if (isCutOff(error)) break;
          throw error;
        }
      }
      if (!decodeRecords(held, count, headerAt(bytes, at, attributes, held), attributes, records)) return undefined;
    }
    at = end;
  }
  return records;
}

/** kafkajs's way to say that the rest of an answer is left out. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && error.name === "KafkaJSPartialMessageError";
}

interface Header extends RecordBatch {
  readonly firstOffsetNumber: number;
}

function headerAt(bytes: Buffer, at: number, attributes: number, held: Buffer): Header {
  const firstOffset = bytes.readBigInt64BE(at);
  const lastTimestampMs = Number(bytes.readBigInt64BE(at + LAST_TIMESTAMP_AT));
  return {
    bytes: held,
    firstOffset: String(firstOffset),
    firstOffsetNumber: Number(firstOffset),
    producerId: String(bytes.readBigInt64BE(at + PRODUCER_AT)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
    firstTimestampMs: Number(bytes.readBigInt64BE(at + FIRST_TIMESTAMP_AT)),
    appendTimeMs: (attributes & LOG_APPEND_TIME) === 0 ? undefined : lastTimestampMs,
  };
}

/** Adds the records of one batch to `records`; false where they are not what they should be. */
function decodeRecords(
  bytes: Buffer,
  count: number,
  batch: Header,
  attributes: number,
  records: FetchedRecord[],
): boolean {
  const { firstOffsetNumber, firstTimestampMs, appendTimeMs = 0 } = batch;
  if ([firstOffsetNumber, firstTimestampMs, appendTimeMs].some((base) => Math.abs(base) > MOST_BASE)) return false;
  const isControl = (attributes & CONTROL) !== 0;
  const reader = new NumberReader(bytes);
  for (let index = 0; index < count; index += 1) {
    const length = reader.read();
    const end = reader.at + length;
    // The attributes of a record, which mean nothing.
    reader.at += 1;
    const timestampDelta = reader.read();
    const offset = firstOffsetNumber + reader.read();
    const keyLength = reader.read();
    const keyAt = reader.at;
    if (keyLength > 0) reader.at += keyLength;
    const valueLength = reader.read();
    const valueAt = reader.at;
    // Headers follow, which nobody reads. NaN, for a number that is too long or cut off, makes each of these false.
    const isWhole = valueAt + Math.max(valueLength, 0) <= end && end <= bytes.length;
    if (!(isWhole && keyLength >= -1 && valueLength >= -1 && Number.isInteger(offset + timestampDelta))) return false;
    reader.at = end;
    records.push(new FetchedRecord(batch, isControl, offset, timestampDelta, keyAt, keyLength, valueAt, valueLength));
  }
  return true;
}

/** Reads zigzag varints. */
class NumberReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A number of at most 49 bits; NaN for a longer one, and behind the last byte. */
  read(): number {
    const bytes = this.#bytes;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[this.at] ?? Number.NaN;
      this.at += 1;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result >>> 1) ^ -(result & 1);
    }
    return this.#readRest(result);
  }

  /** Beyond 28 bits, where the operators of 32 bits end. */
  #readRest(low: number): number {
    let result = low;
    for (let scale = 2 ** 28; scale < 2 ** 49; scale *= 2 ** 7) {
      const byte = this.#bytes[this.at] ?? Number.NaN;
      this.at += 1;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
    }
    return Number.NaN;
  }
}
