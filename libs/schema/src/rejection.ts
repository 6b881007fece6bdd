/** Largest value that is looked into, in bytes. */
export const MAX_EVENT_BYTES = 65_536;

/**
 * Why bytes are no event. The first seven are about the value as a whole, in the order in which they are tested; the
 * others are about one field.
 */
export const rejectionReasons = [
  "tombstone",
  "too-large",
  "schema-registry-prefix",
  "byte-order-mark",
  "not-utf8",
  "not-json",
  "not-an-object",
  "missing-field",
  "wrong-type",
  "not-a-uuid",
  "empty",
  "too-short",
  "too-long",
  "invalid-text",
  "invalid-format",
  "not-allowed",
  "not-an-integer",
  "out-of-range",
  "looks-like-milliseconds",
  "looks-like-microseconds",
  "looks-like-iso-text",
  "too-many-digits",
  "invalid",
] as const;

export type RejectionReason = (typeof rejectionReasons)[number];

/** Why a value was refused, in words that Postgres's text takes, and the value itself. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** The first wrong field in wire order; null where the value as a whole is wrong. */
  readonly field: string | null;
  /** Describes values that are taken. */
  readonly expected: string;
  /** Describes the value that came: printable and at most `MAX_RECEIVED_LENGTH` code units. */
  readonly received: string;
  /** The bytes as they came (not a copy); null for a tombstone. */
  readonly bytes: Uint8Array | null;
}

/** Either an event or why the bytes are none. */
export type Decoded<E> =
  { readonly ok: true; readonly event: E } | { readonly ok: false; readonly rejection: Rejection };
