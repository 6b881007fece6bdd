import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { crc32c } from "./crc32c.js";

export const batchHeaderBytes = 61;
/** Bits of the attributes. Compression is 0 for none, 1 for gzip, above for snappy, lz4 and zstd. */
export const attribute = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const;
const crcFrom = 21;

export type BatchHeader = NonNullable<ReturnType<typeof readBatchHeader>>;

/**
 * What the broker reads of a record batch (https://kafka.apache.org/documentation/#recordbatch), or null where there
 * can be none: too few bytes, another magic than 2, a length that is too small. Timestamps in ms.
 */
export function readBatchHeader(buffer: Buffer, at: number) {
  if (at + batchHeaderBytes > buffer.length || buffer[at + 16] !== 2) return null;
  const int64 = (position: number): number => Number(buffer.readBigInt64BE(at + position));
  const size = buffer.readInt32BE(at + 8) + 12;
  const baseOffset = int64(0);
  const lastOffsetDelta = buffer.readInt32BE(at + 23);
  if (size < batchHeaderBytes || baseOffset < 0 || lastOffsetDelta < 0) return null;
  return {
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    /** Bytes of the whole batch, header and all. */
    size,
    attributes: buffer.readInt16BE(at + crcFrom),
    baseTimestamp: int64(27),
    maxTimestamp: int64(35),
    producerId: int64(43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    recordCount: buffer.readInt32BE(at + 57),
  };
}

/** Whether the checksum of a batch, given whole, is right. */
export function hasValidCrc(batch: Buffer): boolean {
  return batch.readUInt32BE(17) === crc32c(batch, crcFrom, batch.length);
}

/** What is wrong with what a producer sent, which has to be one batch, whole and sound, of a kind that is taken. */
export function findFault(records: Buffer, header: BatchHeader | null, maxBytes: number): ErrorCode {
  if (header === null || header.size > records.length) return errorCode.corruptMessage;
  if (header.size < records.length) return errorCode.invalidRecord;
  if (header.size > maxBytes) return errorCode.messageTooLarge;
  if (!hasValidCrc(records)) return errorCode.corruptMessage;
  if ((header.attributes & attribute.transactional) !== 0) return errorCode.invalidTransactionState;
  const isCounted = header.recordCount > 0 && header.lastOffset - header.baseOffset === header.recordCount - 1;
  return isCounted && (header.attributes & attribute.control) === 0 ? errorCode.none : errorCode.invalidRecord;
}

/** Gives a batch its place in the log. Base offset and leader epoch lie before what the checksum covers. */
export function stampOffset(batch: Buffer, baseOffset: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  batch.writeInt32BE(0, 12);
}

/** Marks a batch with the time (ms) of its append, and renews its checksum. */
export function stampAppendTime(batch: Buffer, now: number): void {
  batch.writeInt16BE(batch.readInt16BE(crcFrom) | attribute.logAppendTime, crcFrom);
  batch.writeBigInt64BE(BigInt(now), 35);
  batch.writeUInt32BE(crc32c(batch, crcFrom, batch.length), 17);
}
