import { describeValue, printable } from "./printable.js";
import { MAX_EVENT_BYTES, type Decoded, type RejectionReason } from "./rejection.js";
import type { EventRead } from "./read-event.js";
import { lenientTextOf, textOf } from "./utf8.js";

/** How one definition's events are read: each gives null where the next must decide. */
export interface EventReaders<E> {
  /** Reads the bytes from `from` to `to` where they are spelt as `encode` spells them. */
  readonly scan: ((bytes: Uint8Array, from: number, to: number) => E | null) | null;
  /** Reads what JSON.parse gives. */
  readonly guard: ((value: object) => E | null) | null;
  /** Has the last word, and the reason. */
  readonly read: (value: object) => EventRead<E>;
  /** Whether the answer for an event is written over by the next, as the event itself is. */
  readonly isReused?: boolean;
}

/** Turns the bytes from `from` to `to` into an event: no view of them has to be made. */
export type RangeDecoder<E> = (bytes: Uint8Array, from: number, to: number) => Decoded<E>;

/**
 * Makes the function that turns a Kafka value into an event. It never throws: what is wrong comes back as a rejection, of the
 * first wrong field in wire order. What JSON.parse cannot tell (1e3 for 1000, the last of duplicate keys) is taken as it reads.
 */
export function createDecodeJson<E>({ scan, guard, read, isReused = false }: EventReaders<E>): RangeDecoder<E> {
  const answer = { ok: true as const, event: undefined as E };
  function taken(event: E): Decoded<E> {
    if (!isReused) return { ok: true, event };
    answer.event = event;
    return answer;
  }

  return (held, from, to) => {
    const scanned = scan === null || to - from > MAX_EVENT_BYTES ? null : scan(held, from, to);
    if (scanned !== null) return taken(scanned);
    const bytes = viewOf(held, from, to);
    if (bytes.length > MAX_EVENT_BYTES) return rejectUnread(bytes);
    const first = bytes[0];
    if ((first === 0x00 && bytes.length >= 5) || first === 0xef) {
      const rejected = rejectPrefix(bytes);
      if (rejected !== null) return rejected;
    }
    const text = textOf(bytes);
    if (text === null) return reject("not-utf8", "UTF-8", aroundFirstFault(lenientTextOf(bytes)), bytes);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return reject("not-json", "a JSON object", bytes.length === 0 ? "0 bytes" : printable(text), bytes);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return reject("not-an-object", "a JSON object", describeValue(value), bytes);
    }
    const guarded = guard === null ? null : guard(value);
    if (guarded !== null) return taken(guarded);
    const result = read(value);
    return "event" in result ? { ok: true, event: result.event } : { ok: false, rejection: { ...result.fault, bytes } };
  };
}

/** The bytes from `from` to `to`; themselves where these are all. */
export function viewOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

type Rejected = Extract<Decoded<never>, { ok: false }>;

/** The rejection of a value that no decoder gets to see. */
export function rejectUnread(bytes: Uint8Array | null): Rejected {
  if (bytes === null) return reject("tombstone", "a value", "null", bytes);
  return reject("too-large", `at most ${MAX_EVENT_BYTES} bytes`, `${bytes.length} bytes`, bytes);
}

function rejectPrefix(bytes: Uint8Array): Rejected | null {
  if (bytes[0] === 0x00) {
    const schemaId = bytes.subarray(1, 5).reduce((id, byte) => id * 256 + byte, 0);
    const expected = "JSON without Schema Registry's five-byte prefix; a decoder of your own can read what follows it";
    return reject("schema-registry-prefix", expected, `00 at the start, and schema id ${schemaId}`, bytes);
  }
  if (bytes[1] !== 0xbb || bytes[2] !== 0xbf) return null;
  return reject("byte-order-mark", "JSON without a byte-order mark", "ef bb bf at the start", bytes);
}

// About 20 characters before the first U+FFFD, and what follows it.
function aroundFirstFault(text: string): string {
  return printable(text.slice(Math.max(0, text.indexOf("\ufffd") - 20)));
}

function reject(reason: RejectionReason, expected: string, received: string, bytes: Uint8Array | null): Rejected {
  return { ok: false, rejection: { reason, field: null, expected, received, bytes } };
}
