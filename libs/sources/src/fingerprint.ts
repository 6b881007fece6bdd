import { createHash, type Hash } from "node:crypto";
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

export function fingerprintOf({ offset, timestampMs, key, value }: SourceRecord): RecordFingerprint {
  const hash = createHash("sha256");
  addBytes(hash, key);
  addBytes(hash, value);
  return { offset, timestampMs, digest: hash.digest("hex").slice(0, DIGITS) };
}

export function isSameRecord(one: RecordFingerprint, other: RecordFingerprint): boolean {
  return one.offset === other.offset && one.timestampMs === other.timestampMs && one.digest === other.digest;
}

/** With its length before it, so that no two pairs of key and value give the same bytes. */
function addBytes(hash: Hash, bytes: Uint8Array | null): void {
  hash.update(`${bytes === null ? -1 : bytes.length}:`);
  if (bytes === null) return;
  if (bytes.length <= 2 * MOST_BYTES) hash.update(bytes);
  else hash.update(bytes.subarray(0, MOST_BYTES)).update(bytes.subarray(-MOST_BYTES));
}
