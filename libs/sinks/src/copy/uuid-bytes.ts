const notHex = 255;
const dashes = new Set([8, 13, 18, 23]);
const textLength = 36;

const digits = new Uint8Array(128).fill(notHex);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  digits[digit.charCodeAt(0)] = value;
  digits[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Where the 16 bytes' first digits stand in the text. */
const positions = Array.from({ length: textLength }, (_, at) => at)
  .filter((at) => !dashes.has(at))
  .filter((_, digit) => digit % 2 === 0);

/** Writes the 16 bytes of a UUID's text (8-4-4-4-12, either case) into `out`. False where the text is none. */
export function parseUuid(text: string, out: Uint8Array): boolean {
  if (text.length !== textLength) return false;
  for (const dash of dashes) if (text.charCodeAt(dash) !== 45) return false;
  for (let byte = 0; byte < 16; byte += 1) {
    const at = positions[byte] ?? 0;
    const high = digits[text.charCodeAt(at)] ?? notHex;
    const low = digits[text.charCodeAt(at + 1)] ?? notHex;
    if (high === notHex || low === notHex) return false;
    out[byte] = (high << 4) | low;
  }
  return true;
}
