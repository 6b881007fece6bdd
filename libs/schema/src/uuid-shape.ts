const digit = 1;
const upperDigit = 2;
const dash = 3;

const kinds = new Uint8Array(256);
for (const character of "0123456789abcdef") kinds[character.charCodeAt(0)] = digit;
for (const character of "ABCDEF") kinds[character.charCodeAt(0)] = upperDigit;
kinds["-".charCodeAt(0)] = dash;

const shape = Uint8Array.from("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", (mark) => (mark === "-" ? dash : digit));

/** Characters of a UUID, and its bytes in ASCII. */
export const UUID_LENGTH = shape.length;

/** Whether `UUID_SHAPE` matches, at a third of the time. */
export function isUuidShaped(text: string): boolean {
  if (text.length !== UUID_LENGTH) return false;
  for (let at = 0; at < UUID_LENGTH; at += 1) {
    const kind = kinds[text.charCodeAt(at)];
    if (kind !== shape[at] && !(kind === upperDigit && shape[at] === digit)) return false;
  }
  return true;
}

const characters = Array.from({ length: UUID_LENGTH }, () => 0);

/** The UUID in lower case that begins at `from`; null where there is none. Much cheaper than a TextDecoder's call. */
export function readLowerUuid(bytes: Uint8Array, from: number): string | null {
  for (let at = 0; at < UUID_LENGTH; at += 1) {
    const byte = bytes[from + at];
    if (byte === undefined || kinds[byte] !== shape[at]) return null;
    characters[at] = byte;
  }
  return String.fromCharCode(...characters);
}

const NO_DIGIT = -1;
const digits = new Int8Array(256).fill(NO_DIGIT);
for (let value = 0; value < 16; value += 1) digits[value.toString(16).charCodeAt(0)] = value;
const DASH = 45;

/** As `readLowerUuid`, into four words of 32 bits, the first digits in the first. False where there is none; the words are anything then. */
export function readUuidWords(bytes: Uint8Array, from: number, words: Int32Array): boolean {
  if (bytes[from + 8] !== DASH || bytes[from + 13] !== DASH) return false;
  if (bytes[from + 18] !== DASH || bytes[from + 23] !== DASH) return false;
  const a = fourDigits(bytes, from);
  const b = fourDigits(bytes, from + 4);
  const c = fourDigits(bytes, from + 9);
  const d = fourDigits(bytes, from + 14);
  const e = fourDigits(bytes, from + 19);
  const f = fourDigits(bytes, from + 24);
  const g = fourDigits(bytes, from + 28);
  const h = fourDigits(bytes, from + 32);
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  words[0] = (a << 16) | b;
  words[1] = (c << 16) | d;
  words[2] = (e << 16) | f;
  words[3] = (g << 16) | h;
  return true;
}

/** The 16 bits that four lower-case hexadecimal digits name; negative where one of them is none. */
function fourDigits(bytes: Uint8Array, at: number): number {
  return (
    (valueAt(bytes, at) << 12) | (valueAt(bytes, at + 1) << 8) | (valueAt(bytes, at + 2) << 4) | valueAt(bytes, at + 3)
  );
}

function valueAt(bytes: Uint8Array, at: number): number {
  return digits[bytes[at] as number] ?? NO_DIGIT;
}
