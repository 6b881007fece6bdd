export type { Field, FieldType, TimeUnit } from "./field.js";
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
export { decode, type Decoded } from "./decode.js";
export { encode } from "./encode.js";
export { MAX_EVENT_BYTES, rejectionReasons, type Rejection, type RejectionReason } from "./rejection.js";
export { MAX_RECEIVED_LENGTH } from "./printable.js";
