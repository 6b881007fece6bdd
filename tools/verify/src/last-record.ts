import { createHash } from "node:crypto";
import type { ReadRecord } from "./log-reader.js";

const DIGITS = 32;
/** Of a longer key or value, so many bytes at each of its ends count. */
const END_BYTES = 8_192;

/** What a checkpoint has to say of the newest record below its offset; null where there is none. */
export function lastRecordOf(record: ReadRecord | undefined): object | null {
  if (record === undefined) return null;
  const { offset, timestampMs, key, value } = record;
  const hash = createHash("sha256").update(framed(key)).update(framed(value));
  return { offset, timestampMs, digest: hash.digest("hex").slice(0, DIGITS) };
}

function framed(bytes: Uint8Array | null): Buffer {
  if (bytes === null) return Buffer.from("-1:");
  const isLong = bytes.length > 2 * END_BYTES;
  const kept = isLong ? [bytes.subarray(0, END_BYTES), bytes.subarray(bytes.length - END_BYTES)] : [bytes];
  return Buffer.concat([Buffer.from(`${bytes.length}:`), ...kept]);
}
