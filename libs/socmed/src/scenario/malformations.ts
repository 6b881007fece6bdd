import { byteMalformations } from "@tidemark/scenario";
import { MAX_EVENT_BYTES } from "@tidemark/schema";
import { socmedEvent, MAX_NAME_LENGTH, MAX_TS, type SocmedEvent } from "../event.js";

const { encode } = socmedEvent;

/** How to spoil an event so that decode rejects it for the reason that is the key. Their order is part of the stream. */
export const malformations = {
  ...byteMalformations(encode, MAX_EVENT_BYTES),
  "missing-field": (event: SocmedEvent) => encodeAltered(event, { Conversion: undefined }),
  "wrong-type": (event: SocmedEvent) => encodeAltered(event, { Visitors: String(event.Visitors) }),
  "not-a-uuid": (event: SocmedEvent) => encodeAltered(event, { ID: event.ID.slice(0, 8) }),
  empty: (event: SocmedEvent) => encodeAltered(event, { Kota: "" }),
  "too-long": (event: SocmedEvent) =>
    encodeAltered(event, { Sosial_Media: event.Sosial_Media.padEnd(MAX_NAME_LENGTH + 1, "x") }),
  // Not longer than it was, which would be another reason.
  "invalid-text": (event: SocmedEvent) => encodeAltered(event, { Kota: `${event.Kota.slice(0, -1)}\0` }),
  "not-an-integer": (event: SocmedEvent) => encodeAltered(event, { Sales: event.Sales + 0.5 }),
  "out-of-range": (event: SocmedEvent) => encodeAltered(event, { Usage_Count: -1 - event.Usage_Count }),
  "looks-like-milliseconds": (event: SocmedEvent) =>
    encodeAltered(event, { Ts: Math.max(event.Ts * 1000, MAX_TS + 1) }),
} as const satisfies Readonly<Record<string, (event: SocmedEvent) => Uint8Array | null>>;

/** The reasons for which an event of the stream can be rejected. */
export type Malformation = keyof typeof malformations;

// encode checks nothing and JSON.stringify leaves out what is undefined.
function encodeAltered(event: SocmedEvent, change: { readonly [Field in keyof SocmedEvent]?: unknown }): Uint8Array {
  return encode({ ...event, ...change } as SocmedEvent);
}
