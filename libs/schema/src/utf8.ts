// Every JavaScript host has these two, but TypeScript's "es2023" library does not name them.
declare const TextDecoder: new (
  label: "utf-8",
  options: { fatal: boolean; ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of the bytes, a byte-order mark kept as U+FEFF; null where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** The text of the bytes, with U+FFFD for what is not UTF-8. */
export function lenientTextOf(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** The text in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
