import type { ByteWriter } from "./byte-writer.js";

const notHex = -1;
const dash = 45;
const textLength = 36;

const digits = new Int8Array(128).fill(notHex);
for (let value = 0; value < 16; value += 1) {
  const character = value.toString(16);
  digits[character.charCodeAt(0)] = value;
  digits[character.toUpperCase().charCodeAt(0)] = value;
}

/**
 * Writes the 16 bytes of a UUID's text (8-4-4-4-12, either case) into reserved room. False, and nothing written, where the
 * text is none.
 */
export function writeUuid(out: ByteWriter, text: string): boolean {
  if (text.length !== textLength) return false;
  if (text.charCodeAt(8) !== dash || text.charCodeAt(13) !== dash) return false;
  if (text.charCodeAt(18) !== dash || text.charCodeAt(23) !== dash) return false;
  const a = fourDigits(text, 0);
  const b = fourDigits(text, 4);
  const c = fourDigits(text, 9);
  const d = fourDigits(text, 14);
  const e = fourDigits(text, 19);
  const f = fourDigits(text, 24);
  const g = fourDigits(text, 28);
  const h = fourDigits(text, 32);
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  out.int32((a << 16) | b);
  out.int32((c << 16) | d);
  out.int32((e << 16) | f);
  out.int32((g << 16) | h);
  return true;
}

/** The 16 bits that four hexadecimal digits name; negative where one of them is none. */
function fourDigits(text: string, at: number): number {
  return (digit(text, at) << 12) | (digit(text, at + 1) << 8) | (digit(text, at + 2) << 4) | digit(text, at + 3);
}

function digit(text: string, at: number): number {
  return digits[text.charCodeAt(at)] ?? notHex;
}
