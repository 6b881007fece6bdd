// Every JavaScript host has it, but TypeScript's "es2023" library does not name it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const encoder = new TextEncoder();
const MULTIPLIER = 0x5bd1e995;

/**
 * The partition of a key as Kafka's Java producer chooses it: murmur2 of the key's UTF-8, made positive by its lowest 31
 * bits, modulo the number of partitions.
 */
export function partitionOfKey(key: string, partitions: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions;
}

/** A 32-bit integer. Source: org.apache.kafka.common.utils.Utils.murmur2. */
function murmur2(bytes: Uint8Array): number {
  const byteAt = (at: number) => bytes[at] ?? 0;
  const { length } = bytes;
  const wholeWords = length - (length % 4);
  let hash = 0x9747b28c ^ length;
  for (let at = 0; at < wholeWords; at += 4) {
    let word = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16) | (byteAt(at + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    word = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (wholeWords < length) {
    // Past the end, bytes are 0 and change nothing.
    hash ^= byteAt(wholeWords) | (byteAt(wholeWords + 1) << 8) | (byteAt(wholeWords + 2) << 16);
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}
