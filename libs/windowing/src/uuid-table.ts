import { hashUuid } from "./uuid-hash.js";

/** An entry is the UUID's four 32-bit words and its expiry as a double, in one buffer of three doubles each. */
const FLOATS = 3;
const WORDS = 2 * FLOATS;
const EXPIRY = 2;
const LEAST_ENTRIES = 512;
/** A table that is nearly large enough grows by as much, so that it does not grow often. */
const LEAST_GROWTH = 1.25;
/** At least, so that a full table still has gaps. */
const SLOTS_PER_ENTRY = 4 / 3;
// A slot holds 1 + the position of its entry, for 2^25 of them at most, and above that 6 bits of the hash.
const TAG_SHIFT = 26;
const POSITION = 2 ** TAG_SHIFT - 1;

/**
 * A set of UUIDs with an expiry each, kept as their 128 bits: exact, and nothing for the garbage collector to walk.
 * Entries lie in the order of their coming; a hash index of a third more slots at least (linear probing) finds them. It is
 * small enough for the CPU's cache, and a slot holds some bits of the hash too, so that a new id rarely needs to look at
 * an old entry. Expired entries count as absent, which stays so as the watermark never falls, and are left behind when
 * the entries run full: 45 to 70 bytes an id in a steady stream.
 */
export class UuidTable {
  #capacity = 0;
  #entries = 0;
  #floats = new Float64Array(0);
  #words = new Int32Array(0);
  /** 0 is an empty slot. */
  #slots = new Uint32Array(0);

  /** Entries that there is room for, live and expired ones. */
  get capacity(): number {
    return this.#capacity;
  }

  get bytes(): number {
    return this.#floats.byteLength + this.#slots.byteLength;
  }

  has(uuid: Int32Array, watermarkMs: number): boolean {
    return this.#capacity > 0 && this.#find(uuid, hashUuid(uuid, 0), watermarkMs) >= 0;
  }

  /** Adds a UUID that expires when the watermark reaches `expiresMs`. Returns false where it is in already, and live. */
  add(uuid: Int32Array, expiresMs: number, watermarkMs: number): boolean {
    if (this.#entries === this.#capacity) this.#makeRoom(watermarkMs);
    const hash = hashUuid(uuid, 0);
    const found = this.#find(uuid, hash, watermarkMs);
    if (found >= 0) return false;
    const entry = this.#entries++;
    this.#slots[~found] = (hash & ~POSITION) | (entry + 1);
    this.#floats[entry * FLOATS + EXPIRY] = expiresMs;
    for (let word = 0; word < 4; word++) this.#words[entry * WORDS + word] = uuid[word] as number;
    return true;
  }

  /** Live entries in the order of their coming. */
  *live(watermarkMs: number): Generator<{ id: string; expiresMs: number }> {
    for (let entry = 0; entry < this.#entries; entry++) {
      const expiresMs = this.#floats[entry * FLOATS + EXPIRY] as number;
      if (expiresMs > watermarkMs) yield { id: formatUuid(this.#words, entry * WORDS), expiresMs };
    }
  }

  /** The slot of a live entry; else ~ of the empty slot where it belongs. */
  #find(uuid: Int32Array, hash: number, watermarkMs: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot === 0) return ~at;
      if ((slot ^ hash) >>> TAG_SHIFT === 0 && this.#isLive((slot & POSITION) - 1, uuid, watermarkMs)) return at;
    }
  }

  #isLive(entry: number, uuid: Int32Array, watermarkMs: number): boolean {
    const words = this.#words;
    const at = entry * WORDS;
    return (
      words[at] === uuid[0] &&
      words[at + 1] === uuid[1] &&
      words[at + 2] === uuid[2] &&
      words[at + 3] === uuid[3] &&
      (this.#floats[entry * FLOATS + EXPIRY] as number) > watermarkMs
    );
  }

  /** Leaves expired entries behind, and makes room for half as many as are live; a table that is twice as large as that shrinks. */
  #makeRoom(watermarkMs: number): void {
    const live = this.#compact(watermarkMs);
    const capacity = this.#capacity;
    const needed = Math.max(LEAST_ENTRIES, Math.ceil(live * 1.5));
    if (needed > capacity) this.#resize(Math.max(needed, Math.ceil(capacity * LEAST_GROWTH)), live);
    else if (needed * 2 < capacity) this.#resize(needed, live);

    this.#entries = live;
    const slots = this.#slots.fill(0);
    const mask = slots.length - 1;
    for (let entry = 0; entry < live; entry++) {
      const hash = hashUuid(this.#words, entry * WORDS);
      let at = hash & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = (hash & ~POSITION) | (entry + 1);
    }
  }

  #compact(watermarkMs: number): number {
    let live = 0;
    for (let entry = 0; entry < this.#entries; entry++) {
      if ((this.#floats[entry * FLOATS + EXPIRY] as number) <= watermarkMs) continue;
      // As words: a UUID's bits read as a double could be a NaN, whose bits need not survive a copy.
      for (let word = 0; word < WORDS; word++) {
        this.#words[live * WORDS + word] = this.#words[entry * WORDS + word] as number;
      }
      live++;
    }
    return live;
  }

  #resize(capacity: number, live: number): void {
    const words = this.#words.subarray(0, live * WORDS);
    this.#capacity = capacity;
    this.#floats = new Float64Array(capacity * FLOATS);
    this.#words = new Int32Array(this.#floats.buffer);
    this.#words.set(words);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(capacity * SLOTS_PER_ENTRY)));
  }
}

const HYPHEN = 45;
const NO_DIGIT = 0x100;
const digits = new Uint16Array(256).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) digits[value.toString(16).charCodeAt(0)] = value;

/** Reads a UUID in lower case into four words. False for any other text: an id in upper case is another id. */
export function parseUuid(text: string, into: Int32Array): boolean {
  if (text.length !== 36) return false;
  if (text.charCodeAt(8) !== HYPHEN || text.charCodeAt(13) !== HYPHEN) return false;
  if (text.charCodeAt(18) !== HYPHEN || text.charCodeAt(23) !== HYPHEN) return false;
  const a = readHex(text, 0);
  const b = readHex(text, 4);
  const c = readHex(text, 9);
  const d = readHex(text, 14);
  const e = readHex(text, 19);
  const f = readHex(text, 24);
  const g = readHex(text, 28);
  const h = readHex(text, 32);
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  into[0] = (a << 16) | b;
  into[1] = (c << 16) | d;
  into[2] = (e << 16) | f;
  into[3] = (g << 16) | h;
  return true;
}

/** Four hex digits from `from` on, or -1. */
function readHex(text: string, from: number): number {
  let bits = 0;
  let wrong = 0;
  for (let at = from; at < from + 4; at++) {
    const code = text.charCodeAt(at);
    const digit = digits[code & 0xff] as number;
    wrong |= (code & 0xff00) | (digit & NO_DIGIT);
    bits = (bits << 4) | digit;
  }
  return wrong === 0 ? bits : -1;
}

export function formatUuid(words: Int32Array, at: number): string {
  let hex = "";
  for (let word = 0; word < 4; word++) hex += ((words[at + word] as number) >>> 0).toString(16).padStart(8, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
