import { rejectUnread } from "./decode.js";
import { describeValue, printable } from "./printable.js";
import type { EventRead } from "./read-event.js";
import { MAX_EVENT_BYTES, rejectionReasons, type Decoded, type Rejection } from "./rejection.js";

/** A decoder of the user's own, for Avro or Protobuf. One that throws gives a rejection for the reason `invalid`. */
export type Decoder<E> = (bytes: Uint8Array | null) => Decoded<E>;

/**
 * Makes a safe decoder of the user's: its events are checked as the fields describe them, so that Postgres can store them,
 * and its rejections are made printable.
 */
export function createDecodeOwn<E>(decoder: Decoder<E>, read: (value: object) => EventRead<E>): Decoder<E> {
  return (bytes) => {
    if (bytes !== null && bytes.length > MAX_EVENT_BYTES) return rejectUnread(bytes);
    let decoded: Decoded<E>;
    try {
      decoded = decoder(bytes);
    } catch (error) {
      return rejectInvalid("bytes that the decoder reads", printable(String(error)), bytes);
    }
    if (decoded?.ok === false) return { ok: false, rejection: cleanRejection(decoded.rejection, bytes) };
    const event: unknown = decoded?.ok === true ? decoded.event : undefined;
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      return rejectInvalid("a decoder that gives an event or a rejection", describeValue(decoded), bytes);
    }
    const result = read(event);
    return "event" in result ? { ok: true, event: result.event } : { ok: false, rejection: { ...result.fault, bytes } };
  };
}

function rejectInvalid(
  expected: string,
  received: string,
  bytes: Uint8Array | null,
): Extract<Decoded<never>, { ok: false }> {
  return { ok: false, rejection: { reason: "invalid", field: null, expected, received, bytes } };
}

function cleanRejection(given: Partial<Rejection> | undefined, bytes: Uint8Array | null): Rejection {
  const { reason, field, expected = "", received = "" } = given ?? {};
  return {
    reason: reason !== undefined && rejectionReasons.includes(reason) ? reason : "invalid",
    field: typeof field === "string" ? printable(field) : null,
    expected: printable(String(expected)),
    received: printable(String(received)),
    bytes,
  };
}
