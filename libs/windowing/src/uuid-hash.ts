const HALVES = 8;
/** Per half of a word one for each half of the hash, and one summand for each. */
const MULTIPLIERS = 2 * HALVES;

/**
 * Drawn once per process, so that nobody can choose ids whose hashes collide. What a table holds does not depend on them.
 */
const secret = Int32Array.from({ length: MULTIPLIERS + 2 }, () => Math.random() * 2 ** 32);

/**
 * Hashes the four words of a UUID from `at` on. Two different UUIDs have the same hash with a probability of 2^-32, whoever
 * chose them: the upper halves of two multilinear sums, by D. Lemire and O. Kaser, "Strongly universal string hashing is
 * fast" (2014). The finalizer of MurmurHash3, which makes no two hashes the same, spreads UUIDs that count up.
 */
export function hashUuid(words: Int32Array, at: number): number {
  let upper = secret[MULTIPLIERS] as number;
  let lower = secret[MULTIPLIERS + 1] as number;
  for (let word = 0; word < 4; word++) {
    const value = words[at + word] as number;
    const first = value & 0xffff;
    const second = value >>> 16;
    const from = 4 * word;
    upper = (upper + Math.imul(secret[from] as number, first) + Math.imul(secret[from + 1] as number, second)) | 0;
    lower = (lower + Math.imul(secret[from + 2] as number, first) + Math.imul(secret[from + 3] as number, second)) | 0;
  }
  let hash = (upper & 0xffff0000) | (lower >>> 16);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
