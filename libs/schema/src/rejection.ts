import { MAX_COUNT, MAX_NAME_LENGTH, MAX_TS, type EventField } from "./event.js";

/** Largest value that is looked into, in bytes. */
export const MAX_EVENT_BYTES = 65_536;

/**
 * Why bytes are no event. The first eight are about the value as a whole (field is null), in the order in which they are
 * tested; the others are about one field.
 */
export const rejectionReasons = [
  "tombstone",
  "too-large",
  "byte-order-mark",
  "not-utf8",
  "not-json",
  "not-an-object",
  "missing-field",
  "wrong-type",
  "not-a-uuid",
  "empty",
  "too-long",
  "invalid-text",
  "not-an-integer",
  "out-of-range",
  "looks-like-milliseconds",
] as const;

export type RejectionReason = (typeof rejectionReasons)[number];

/** Why a value was refused, in words that Postgres's text takes, and the value itself. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** The first wrong field in wire order; null where the value as a whole is wrong. */
  readonly field: EventField | null;
  /** What would have been taken. */
  readonly expected: string;
  /** What came, printable and at most `MAX_RECEIVED_LENGTH` code units. */
  readonly received: string;
  /** The bytes as they came (not a copy); null for a tombstone. */
  readonly bytes: Uint8Array | null;
}

const name = `text of 1..${MAX_NAME_LENGTH} code units after trimming, without NUL or lone surrogates`;
const count = `an integer 0..${MAX_COUNT}`;

/** What each field takes, in words. */
export const expectedByField: Readonly<Record<EventField, string>> = {
  ID: "a UUID (8-4-4-4-12 hexadecimal digits)",
  Kota: name,
  Sosial_Media: name,
  Usage_Count: count,
  Sales: count,
  Visitors: count,
  PageVisitors: count,
  Conversion: count,
  Ts: `epoch seconds, an integer 0..${MAX_TS}`,
};
