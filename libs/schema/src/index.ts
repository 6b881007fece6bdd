export type { Field, FieldType, Pattern, TimeUnit } from "./field.js";
export { defineEvent, type EventCodec, type EventOptions } from "./define-event.js";
export type { EventTime } from "./define-fields.js";
export type { Decoder } from "./decode-own.js";
export type { JsonSchema } from "./json-schema.js";
export { count, decimal, int64, integer, text, time, uuid } from "./field-schemas.js";
export { columnTypeOf } from "./column-type.js";
export { SchemaError, type SchemaErrorCode } from "./errors.js";
export { MAX_EPOCH_SECONDS } from "./time-bounds.js";
export { MAX_JSON_DEPTH } from "./storable-json.js";
export {
  counterFields,
  eventFields,
  eventSchema,
  MAX_COUNT,
  MAX_NAME_LENGTH,
  MAX_TS,
  type CounterField,
  type EventField,
  type SocmedEvent,
} from "./event.js";
export { decode } from "./decode.js";
export { encode } from "./encode.js";
export { MAX_EVENT_BYTES, rejectionReasons, type Decoded, type Rejection, type RejectionReason } from "./rejection.js";
export { MAX_RECEIVED_LENGTH } from "./printable.js";
