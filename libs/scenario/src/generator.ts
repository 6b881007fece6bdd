import type { Randomizer } from "@faker-js/faker";

/**
 * A random source for faker that is placed at an index instead of being run up to it: what follows `place(i)` depends on
 * the seed and i alone. Placing costs about 15 draws, whatever the index.
 */
export interface Generator extends Randomizer {
  /** Begins the draws of one index, an integer 0..2^53-1. */
  place(index: number): void;
  /** The next 32 random bits, as an integer 0..2^32-1. */
  nextUint32(): number;
}

// Enough for the index to reach every bit of the state (PractRand's seeding of sfc takes as many).
const WARM_UP = 12;

/**
 * sfc32 (Chris Doty-Humphrey's small fast counting generator, from PractRand), its state hashed from (seed, index).
 *
 * @param seed an integer 0..2^53-1
 * @param sequence an integer 0..2^32-1: generators of one seed with different ones have nothing in common
 */
export function createGenerator(seed: number, sequence = 0): Generator {
  let keyLow = 0;
  let keyHigh = 0;
  let a = 0;
  let b = 0;
  let c = 0;
  let counter = 1;

  function nextUint32(): number {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  function place(index: number): void {
    a = mix(low(index) ^ keyLow);
    b = mix(high(index) ^ keyHigh ^ a);
    c = mix(keyLow ^ keyHigh ^ b);
    counter = 1;
    for (let round = 0; round < WARM_UP; round++) nextUint32();
  }

  function reseed(from: number): void {
    keyLow = mix(low(from) ^ 0x9e3779b9 ^ sequence);
    keyHigh = mix(high(from) ^ keyLow);
    place(0);
  }

  reseed(seed);
  return {
    next: () => nextUint32() / 0x1_0000_0000,
    seed: (value) => reseed(typeof value === "number" ? value : (value[0] ?? 0)),
    nextUint32,
    place,
  };
}

/** "lowbias32", a bijection of 32 bits (Chris Wellons, hash-prospector). */
export function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

function low(value: number): number {
  return value | 0;
}

function high(value: number): number {
  return Math.floor(value / 0x1_0000_0000) | 0;
}
