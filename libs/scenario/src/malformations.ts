const SPACE = 0x20;

/** Ways to spoil an event that name none of its fields, by the reason of the rejection. */
export function byteMalformations<Event>(encode: (event: Event) => Uint8Array, maxBytes: number) {
  return {
    tombstone: () => null,
    "too-large": (event: Event) => padded(encode(event), maxBytes + 1),
    "byte-order-mark": (event: Event) => joined([0xef, 0xbb, 0xbf], encode(event), []),
    "not-utf8": (event: Event) => withByte(encode(event), 8, 0xff),
    "not-json": (event: Event) => encode(event).subarray(0, -20),
    "not-an-object": (event: Event) => joined([0x5b], encode(event), [0x5d]),
  } as const;
}

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  bytes[at] = byte;
  return bytes;
}

function joined(before: readonly number[], bytes: Uint8Array, after: readonly number[]): Uint8Array {
  const all = new Uint8Array(before.length + bytes.length + after.length);
  all.set(before);
  all.set(bytes, before.length);
  all.set(after, before.length + bytes.length);
  return all;
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length).fill(SPACE);
  all.set(bytes);
  return all;
}
