import {
  encode,
  MAX_EVENT_BYTES,
  MAX_NAME_LENGTH,
  MAX_TS,
  type RejectionReason,
  type SocmedEvent,
} from "@tidemark/schema";

const SPACE = 0x20;

// How to spoil an event so that decode rejects it for the reason that is the key.
const spoilers: { readonly [Reason in RejectionReason]: (event: SocmedEvent) => Uint8Array | null } = {
  tombstone: () => null,
  "too-large": (event) => padded(encode(event), MAX_EVENT_BYTES + 1),
  "byte-order-mark": (event) => joined([0xef, 0xbb, 0xbf], encode(event), []),
  "not-utf8": (event) => withByte(encode(event), 8, 0xff),
  "not-json": (event) => encode(event).subarray(0, -20),
  "not-an-object": (event) => joined([0x5b], encode(event), [0x5d]),
  "missing-field": (event) => encodeAltered(event, { Conversion: undefined }),
  "wrong-type": (event) => encodeAltered(event, { Visitors: String(event.Visitors) }),
  "not-a-uuid": (event) => encodeAltered(event, { ID: event.ID.slice(0, 8) }),
  empty: (event) => encodeAltered(event, { Kota: "" }),
  "too-long": (event) => encodeAltered(event, { Sosial_Media: event.Sosial_Media.padEnd(MAX_NAME_LENGTH + 1, "x") }),
  // Not longer than it was, which would be another reason.
  "invalid-text": (event) => encodeAltered(event, { Kota: `${event.Kota.slice(0, -1)}\0` }),
  "not-an-integer": (event) => encodeAltered(event, { Sales: event.Sales + 0.5 }),
  "out-of-range": (event) => encodeAltered(event, { Usage_Count: -1 - event.Usage_Count }),
  "looks-like-milliseconds": (event) => encodeAltered(event, { Ts: Math.max(event.Ts * 1000, MAX_TS + 1) }),
};

/** The event's bytes, spoilt so that `decode` gives just this reason. */
export function spoil(event: SocmedEvent, reason: RejectionReason): Uint8Array | null {
  return spoilers[reason](event);
}

// encode checks nothing and JSON.stringify leaves out what is undefined.
function encodeAltered(event: SocmedEvent, change: { readonly [Field in keyof SocmedEvent]?: unknown }): Uint8Array {
  return encode({ ...event, ...change } as SocmedEvent);
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
