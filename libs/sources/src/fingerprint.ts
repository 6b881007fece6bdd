import { createHash } from "node:crypto";
import type { SourceRecord } from "./batch.js";

/** Tells a record from another at the same offset, of a topic that was made anew, say. */
export interface RecordFingerprint {
  readonly offset: number;
  /** Ms since 1970; -1 where the record has none. */
  readonly timestampMs: number;
  /** Of its key and value, in hexadecimal digits. */
  readonly digest: string;
}

const DIGITS = 32;
/** Of longer keys and values the two ends and the length are enough, and take no time. */
const MOST_BYTES = 8_192;

/** Most fingerprints are replaced by the next one before anybody looks, so the digest is made at the first look. */
export function fingerprintOf({ offset, timestampMs, key, value }: SourceRecord): RecordFingerprint {
  const kept = [...describeBytes(key), ...describeBytes(value)];
  let digest: string | undefined;
  return {
    offset,
    timestampMs,
    get digest() {
      digest ??= digestOf(kept);
      return digest;
    },
  };
}

export function isSameRecord(one: RecordFingerprint, other: RecordFingerprint): boolean {
  return one.offset === other.offset && one.timestampMs === other.timestampMs && one.digest === other.digest;
}

/**
 * The length, then the bytes, so that no two pairs of key and value give the same digest. The bytes are copied: those of a fetched record
 * are a view of a whole answer of Kafka, which would be kept for as long as they are.
 */
function describeBytes(bytes: Uint8Array | null): (string | Uint8Array)[] {
  if (bytes === null) return ["-1:"];
  const ends = bytes.length <= 2 * MOST_BYTES ? [bytes] : [bytes.subarray(0, MOST_BYTES), bytes.subarray(-MOST_BYTES)];
  return [`${bytes.length}:`, ...ends.map((end) => Buffer.from(end))];
}

function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, DIGITS);
}
