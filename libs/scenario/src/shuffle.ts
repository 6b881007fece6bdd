import { mix } from "./generator.js";

const ROUNDS = 4;

/**
 * A shuffle of 0..size-1 that is asked for one position at a time: where `position` goes, for this `key`. No two positions
 * go to the same place. A Feistel network over the next power of four, walked until it lands within the size.
 *
 * @param size an integer 1..2^30
 */
export function shuffled(position: number, size: number, key: number): number {
  let halfBits = 1;
  while (4 ** halfBits < size) halfBits++;
  const mask = 2 ** halfBits - 1;
  let place = position;
  do {
    let left = place >>> halfBits;
    let right = place & mask;
    for (let round = 0; round < ROUNDS; round++) {
      const next = left ^ (mix(right ^ mix(key + round)) & mask);
      left = right;
      right = next;
    }
    place = ((left << halfBits) | right) >>> 0;
  } while (place >= size);
  return place;
}
