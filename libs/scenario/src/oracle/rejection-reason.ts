/**
 * Why a record is rejected: what is wrong with its value as a whole, or with the first wrong field; `too-many-keys` where the
 * event is right, and a rollup's limit of keys rejects it.
 */
export type RejectionReason =
  | "tombstone"
  | "too-large"
  | "schema-registry-prefix"
  | "byte-order-mark"
  | "not-utf8"
  | "not-json"
  | "not-an-object"
  | "missing-field"
  | "wrong-type"
  | "not-a-uuid"
  | "empty"
  | "too-short"
  | "too-long"
  | "invalid-text"
  | "invalid-format"
  | "not-allowed"
  | "not-an-integer"
  | "out-of-range"
  | "looks-like-milliseconds"
  | "looks-like-microseconds"
  | "looks-like-iso-text"
  | "too-many-digits"
  | "invalid"
  | "too-many-keys";
