import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { createProducerState } from "./producer-state.js";
import { findFault, readBatchHeader, stampAppendTime, stampOffset } from "./record-batch.js";
import { findRecord, type OffsetAtTime } from "./record-timestamps.js";
import { openSegment, segmentPath, segmentSuffix, type Segment } from "./segment.js";
import type { TopicConfig } from "./topic-config.js";

export interface AppendResult {
  readonly error: ErrorCode;
  /** Both only where there is no error. */
  readonly baseOffset?: number;
  readonly logAppendTimeMs?: number;
}

export type PartitionLog = ReturnType<typeof openPartitionLog>;

/**
 * The log of one partition: offsets from startOffset to before endOffset can be read. Opens or creates it; what a kill
 * left half written is cut, and logged. Records below `floor` were deleted on request.
 */
export function openPartitionLog(directory: string, config: TopicConfig, floor: number, log: (line: string) => void) {
  const producers = createProducerState();
  const listeners = new Set<() => void>();
  const segments: Segment[] = [];
  let lowest = floor;

  const startOffset = (): number => Math.max(lowest, segments[0]?.baseOffset ?? 0);
  const endOffset = (): number => Math.max(lowest, segments.at(-1)?.nextOffset() ?? 0);
  /** The last segment that begins at or before `offset`. */
  const segmentAt = (offset: number) => segments.findLast((segment) => segment.baseOffset <= offset);
  const changed = (): void => listeners.forEach((listener) => listener());

  function addSegment(baseOffset: number, checkCrc: boolean): Segment {
    const onCut = (bytes: number): void =>
      log(`cut ${bytes} bytes off the end of ${segmentPath(directory, baseOffset)}`);
    const segment = openSegment(directory, baseOffset, { checkCrc, onBatch: producers.note, onCut });
    segments.push(segment);
    return segment;
  }

  function recover(): void {
    mkdirSync(directory, { recursive: true });
    const names = readdirSync(directory).filter((name) => name.endsWith(segmentSuffix));
    const bases = names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
    for (const base of bases) {
      const end = segments.at(-1)?.nextOffset() ?? base;
      if (end === base) addSegment(base, base === bases.at(-1));
      else {
        // Only a crash of the machine gets here: the segment before lost its tail.
        log(`deleted ${segmentPath(directory, base)}: the log before it ends at ${end}`);
        rmSync(segmentPath(directory, base));
      }
    }
    dropBelow(lowest);
  }

  function segmentFor(bytes: number): Segment {
    const active = segments.at(-1);
    const fits = active !== undefined && (active.size() === 0 || active.size() + bytes <= config.segmentBytes);
    return fits ? active : addSegment(endOffset(), false);
  }

  /** Deletes the oldest segments while they are due; the active one stays. */
  function dropWhile(isDue: (oldest: Segment, next: Segment) => boolean): void {
    for (let [oldest, next] = segments; oldest && next && isDue(oldest, next); [oldest, next] = segments) {
      segments.shift();
      oldest.remove();
    }
  }

  function dropBelow(offset: number): void {
    lowest = Math.max(lowest, offset);
    dropWhile((_, next) => next.baseOffset <= lowest);
    // An active one that ends below, too: what is appended next has to continue its segment.
    const active = segments.at(-1);
    if (active !== undefined && active.nextOffset() < lowest) segments.pop()?.remove();
  }

  function findByTimestamp(timestamp: number, from: number): OffsetAtTime | null {
    for (const segment of segments) {
      const place = segment.findBatch(timestamp, from);
      if (place === null) continue;
      const found = findRecord(place.batch, place.header, timestamp, from);
      return found ?? findByTimestamp(timestamp, place.header.lastOffset + 1);
    }
    return null;
  }

  recover();
  return {
    startOffset,
    endOffset,
    /**
     * Appends what a producer sent; its offset is written into `records`. A batch that is in the log already (an
     * idempotent producer's retry) is answered with the offset that it has. Throws where the disk does.
     */
    append(records: Buffer, now: number): AppendResult {
      const { usesAppendTime, maxMessageBytes, timestampAfterMaxMs } = config;
      const sent = readBatchHeader(records, 0);
      const error = findFault(records, sent, maxMessageBytes);
      if (sent === null || error !== errorCode.none) return { error };
      if (!usesAppendTime && sent.maxTimestamp > now + timestampAfterMaxMs) {
        return { error: errorCode.invalidTimestamp };
      }
      const sequence = producers.check(sent);
      if (sequence.error !== errorCode.none) return { error: sequence.error };
      if (sequence.baseOffset !== null) return { error, baseOffset: sequence.baseOffset };
      const baseOffset = endOffset();
      stampOffset(records, baseOffset);
      if (usesAppendTime) stampAppendTime(records, now);
      const header = readBatchHeader(records, 0) ?? sent;
      segmentFor(records.length).append(records, header);
      producers.note(header);
      changed();
      return { error, baseOffset, logAppendTimeMs: usesAppendTime ? now : -1 };
    },
    /** As Segment.read; empty at the end. `offset` must lie between startOffset and endOffset. */
    read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer {
      const segment = offset < endOffset() ? segmentAt(offset) : undefined;
      return segment?.read(offset, maxBytes, atLeastOne) ?? Buffer.alloc(0);
    },
    /** Bytes that a reader at `offset` has before it. */
    bytesFrom(offset: number): number {
      if (offset >= endOffset()) return 0;
      const later = segments.filter((segment) => segment.baseOffset > offset);
      return later.reduce((sum, segment) => sum + segment.size(), segmentAt(offset)?.bytesFrom(offset) ?? 0);
    },
    /** The first record at or after `timestamp` (ms), or null. */
    findByTimestamp: (timestamp: number): OffsetAtTime | null => findByTimestamp(timestamp, startOffset()),
    /** Moves startOffset up to `offset`, and deletes the closed segments that lie below it. */
    deleteBefore: dropBelow,
    /** Deletes closed segments that retention.ms or retention.bytes no longer keep. */
    applyRetention(now: number): void {
      const { retentionMs, retentionBytes } = config;
      let bytes = segments.reduce((sum, segment) => sum + segment.size(), 0);
      dropWhile((oldest) => {
        const isOld = retentionMs >= 0 && oldest.maxTimestamp() >= 0 && oldest.maxTimestamp() < now - retentionMs;
        bytes -= oldest.size();
        return isOld || (retentionBytes >= 0 && bytes >= retentionBytes);
      });
    },
    /** Calls `listener` whenever there is more to read, or the log is closed; returns what ends that. */
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close(): void {
      segments.splice(0).forEach((segment) => segment.close());
      changed();
    },
  };
}
