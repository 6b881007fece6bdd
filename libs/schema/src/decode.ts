import { eventSchema, MAX_COUNT, MAX_NAME_LENGTH, MAX_TS, type EventField, type SocmedEvent } from "./event.js";
import { guardEvent } from "./guard.js";
import { describeValue, printable } from "./printable.js";
import { MAX_EVENT_BYTES, type Decoded as DecodedEvent, type RejectionReason } from "./rejection.js";
import { scanEvent } from "./scan.js";
import { lenientTextOf, textOf } from "./utf8.js";

type Decoded = DecodedEvent<SocmedEvent>;

const name = `text of 1..${MAX_NAME_LENGTH} code units after trimming, without NUL or lone surrogates`;
const count = `an integer 0..${MAX_COUNT}`;

const expectedByField: Readonly<Record<EventField, string>> = {
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

/**
 * A Kafka value as an event. It never throws: what is wrong comes back as a rejection, of the first wrong field in wire
 * order. What JSON.parse cannot tell (1e3 for 1000, the last of duplicate keys) is taken as it reads.
 */
export function decode(bytes: Uint8Array | null): Decoded {
  if (bytes === null) return rejectValue("tombstone", "a value", "null", bytes);
  if (bytes.length > MAX_EVENT_BYTES) {
    return rejectValue("too-large", `at most ${MAX_EVENT_BYTES} bytes`, `${bytes.length} bytes`, bytes);
  }
  const usual = scanEvent(bytes);
  if (usual !== null) return { ok: true, event: usual };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return rejectValue("byte-order-mark", "JSON without a byte-order mark", "ef bb bf at the start", bytes);
  }
  const text = textOf(bytes);
  if (text === null) return rejectValue("not-utf8", "UTF-8", aroundFirstFault(lenientTextOf(bytes)), bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return rejectValue("not-json", "a JSON object", bytes.length === 0 ? "0 bytes" : printable(text), bytes);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return rejectValue("not-an-object", "a JSON object", describeValue(value), bytes);
  }
  const event = guardEvent(value);
  return event === null ? decodeBySchema(value, bytes) : { ok: true, event };
}

type Unchecked = { readonly [Field in EventField]?: unknown };
type Issue = NonNullable<ReturnType<typeof eventSchema.safeParse>["error"]>["issues"][number];

// The schema has the last word, so that a guard that says no too often costs time, but no event.
function decodeBySchema(value: Unchecked, bytes: Uint8Array): Decoded {
  const result = eventSchema.safeParse(value);
  if (result.success) return { ok: true, event: result.data };
  const issue = result.error.issues[0];
  const field = issue?.path[0] as EventField;
  const received = value[field];
  const reason = reasonOf(issue, received);
  const hint =
    reason === "looks-like-milliseconds" ? `; this looks like milliseconds (of ${(received as number) / 1000} s)` : "";
  return {
    ok: false,
    rejection: {
      reason,
      field,
      expected: expectedByField[field] + hint,
      received: describeValue(received),
      bytes,
    },
  };
}

function reasonOf(issue: Issue | undefined, received: unknown): RejectionReason {
  if (received === undefined) return "missing-field";
  if (issue?.path[0] === "Ts" && looksLikeMilliseconds(received)) return "looks-like-milliseconds";
  switch (issue?.code) {
    case "invalid_format":
      return "not-a-uuid";
    case "too_small":
      return typeof received === "string" ? "empty" : "out-of-range";
    case "too_big":
      return "out-of-range";
    case "custom":
      return String(received).trim().length > MAX_NAME_LENGTH ? "too-long" : "invalid-text";
    default:
      if (typeof received !== "number" || (issue?.code === "invalid_type" && issue.expected === "string"))
        return "wrong-type";
      return Number.isFinite(received) ? "not-an-integer" : "out-of-range";
  }
}

// No longer seconds up to the year 9999, but milliseconds up to it.
function looksLikeMilliseconds(ts: unknown): boolean {
  return Number.isInteger(ts) && (ts as number) > MAX_TS && (ts as number) < (MAX_TS + 1) * 1000;
}

// About 20 characters before the first U+FFFD, and what follows it.
function aroundFirstFault(text: string): string {
  return printable(text.slice(Math.max(0, text.indexOf("\ufffd") - 20)));
}

function rejectValue(reason: RejectionReason, expected: string, received: string, bytes: Uint8Array | null): Decoded {
  return { ok: false, rejection: { reason, field: null, expected, received, bytes } };
}
