import { closeSync, constants, fstatSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readWhole, writeWhole } from "../storage/write-whole.js";
import { walkBatches } from "./batch-walk.js";
import { hasValidCrc, type BatchHeader } from "./record-batch.js";
import { createSegmentIndex } from "./segment-index.js";

export interface SegmentRecovery {
  /** Whether each batch's checksum is to be verified. */
  readonly checkCrc: boolean;
  /** Told of each batch that is there. */
  onBatch(header: BatchHeader): void;
  /** Told how many bytes behind the last sound batch were cut. */
  onCut(bytes: number): void;
}

export const segmentSuffix = ".log";

/** As Kafka names it: the first offset in twenty digits. */
export function segmentPath(directory: string, baseOffset: number): string {
  return join(directory, `${baseOffset.toString().padStart(20, "0")}${segmentSuffix}`);
}

export type Segment = ReturnType<typeof openSegment>;

/**
 * One file of a partition's log: whole batches, one behind the other, offsets without a gap. Opens or creates it; cuts
 * what is no whole, sound batch that continues the offsets.
 */
export function openSegment(directory: string, baseOffset: number, recovery: SegmentRecovery) {
  const path = segmentPath(directory, baseOffset);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const index = createSegmentIndex();
  let size = 0;
  let nextOffset = baseOffset;
  let maxTimestamp = Number.NEGATIVE_INFINITY;

  function note(header: BatchHeader): void {
    index.offer({ position: size, offset: header.baseOffset, maxTimestampBefore: maxTimestamp });
    size += header.size;
    nextOffset = header.lastOffset + 1;
    maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
  }

  function readBytes(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readWhole(fd, bytes, position));
  }

  function recover(): void {
    const fileSize = fstatSync(fd).size;
    const end = walkBatches(fd, 0, fileSize, (header, position) => {
      if (header.baseOffset !== nextOffset) return false;
      if (recovery.checkCrc && !hasValidCrc(readBytes(position, header.size))) return false;
      note(header);
      recovery.onBatch(header);
      return true;
    });
    if (end === fileSize) return;
    ftruncateSync(fd, end);
    recovery.onCut(fileSize - end);
  }

  function positionOf(offset: number): number {
    const from = index.lastAtMost("offset", offset);
    if (from.offset === offset) return from.position;
    return walkBatches(fd, from.position, size, (header) => header.lastOffset < offset);
  }

  /** Where the last whole batch ends that lies between `start` and `limit`; `start` if none does. */
  function endWithin(start: number, limit: number): number {
    if (limit >= size) return size;
    return walkBatches(fd, Math.max(start, index.lastAtMost("position", limit).position), limit, () => true);
  }

  function endOfFirst(start: number): number {
    let batches = 0;
    return walkBatches(fd, start, size, () => ++batches === 1);
  }

  recover();
  return {
    baseOffset,
    /** Bytes. */
    size: () => size,
    /** The offset behind its last record. */
    nextOffset: () => nextOffset,
    /** Largest timestamp (ms) of its records, -Infinity while it is empty. */
    maxTimestamp: () => maxTimestamp,
    /** Appends a batch, whose header is given too. Throws where the disk does; nothing has changed then. */
    append(batch: Buffer, header: BatchHeader): void {
      writeWhole(fd, batch, size);
      note(header);
    },
    /**
     * Whole batches from the one that holds `offset` on, of at most `maxBytes`; the first even where it is larger if
     * `atLeastOne`.
     */
    read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer {
      const start = positionOf(offset);
      const end = endWithin(start, start + maxBytes);
      return readBytes(start, (end === start && atLeastOne ? endOfFirst(start) : end) - start);
    },
    /** Bytes from the batch that holds `offset` to the end. */
    bytesFrom: (offset: number): number => size - positionOf(offset),
    /** The first batch that reaches both `timestamp` (ms) and offset `from`, or null. */
    findBatch(timestamp: number, from: number): { readonly batch: Buffer; readonly header: BatchHeader } | null {
      // One below: all before that entry is too old.
      const byTime = index.lastAtMost("maxTimestampBefore", timestamp - 1).position;
      const start = Math.max(byTime, index.lastAtMost("offset", from).position);
      let found: { readonly batch: Buffer; readonly header: BatchHeader } | null = null;
      walkBatches(fd, start, size, (header, position) => {
        if (header.maxTimestamp < timestamp || header.lastOffset < from) return true;
        found = { batch: readBytes(position, header.size), header };
        return false;
      });
      return found;
    },
    close: (): void => closeSync(fd),
    /** Closes and deletes. */
    remove(): void {
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}
