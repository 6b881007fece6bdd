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
