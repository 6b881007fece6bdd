import { encode, MAX_TS, type RejectionReason, type SocmedEvent } from "@tidemark/schema";

// How to spoil an event so that decode rejects it for the reason that is the key.
const spoilers = {
  "not-utf8": (event) => withByte(encode(event), 8, 0xff),
  "not-json": (event) => encode(event).subarray(0, -20),
  "not-an-object": (event) => inArray(encode(event)),
  "missing-field": (event) => encodeAltered(event, { Conversion: undefined }),
  "wrong-type": (event) => encodeAltered(event, { Visitors: String(event.Visitors) }),
  "not-a-uuid": (event) => encodeAltered(event, { ID: event.ID.slice(0, 8) }),
  empty: (event) => encodeAltered(event, { Kota: "" }),
  "not-an-integer": (event) => encodeAltered(event, { Sales: event.Sales + 0.5 }),
  "out-of-range": (event) => encodeAltered(event, { Usage_Count: -1 - event.Usage_Count }),
  "looks-like-milliseconds": (event) => encodeAltered(event, { Ts: Math.max(event.Ts * 1000, MAX_TS + 1) }),
} as const satisfies { readonly [Reason in RejectionReason]?: (event: SocmedEvent) => Uint8Array };

/** A reason for which the fake stream can have an event rejected. */
export type Malformation = keyof typeof spoilers;

/** All of them, in the order in which they are drawn. */
export const malformations = Object.keys(spoilers) as readonly Malformation[];

/** The event's bytes, spoilt so that `decode` gives just this reason. */
export function spoil(event: SocmedEvent, malformation: Malformation): Uint8Array {
  return spoilers[malformation](event);
}

// encode checks nothing and JSON.stringify leaves out what is undefined.
function encodeAltered(event: SocmedEvent, change: { readonly [Field in keyof SocmedEvent]?: unknown }): Uint8Array {
  return encode({ ...event, ...change } as SocmedEvent);
}

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  bytes[at] = byte;
  return bytes;
}

function inArray(bytes: Uint8Array): Uint8Array {
  const array = new Uint8Array(bytes.length + 2);
  array[0] = 0x5b;
  array.set(bytes, 1);
  array[bytes.length + 1] = 0x5d;
  return array;
}
