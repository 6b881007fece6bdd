import type { OracleField, OracleRejection } from "./definition.js";
import { createFieldCheck, Wrong } from "./field-check.js";
import type { RejectionReason } from "./rejection-reason.js";

// Every JavaScript host has it, but TypeScript's "es2023" library does not name it.
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

/** An event's values by their fields. */
export type OracleEvent = Readonly<Record<string, unknown>>;

/** Reads the bytes of a record: an event, or why there is none. */
export type Decode = (bytes: Uint8Array | null) => { readonly event: OracleEvent } | OracleRejection;

const mostBytes = 65_536;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keys that no field names are left out. Of a key that is there twice the last one counts. */
export function createDecode(fields: readonly OracleField[]): Decode {
  const checks = fields.map((field) => ({ name: field.name, check: createFieldCheck(field) }));

  function read(value: object): { readonly event: OracleEvent } | OracleRejection {
    const given = value as Readonly<Record<string, unknown>>;
    const event: Record<string, unknown> = {};
    for (const { name, check } of checks) {
      const checked = check(Object.hasOwn(given, name) ? given[name] : undefined);
      if (checked instanceof Wrong) return { reason: checked.reason, field: name };
      event[name] = checked;
    }
    return { event };
  }

  return (bytes) => {
    const value = parse(bytes);
    return typeof value === "string" ? { reason: value, field: null } : read(value);
  };
}

/** The JSON object of the bytes, or why there is none. */
function parse(bytes: Uint8Array | null): object | RejectionReason {
  if (bytes === null) return "tombstone";
  if (bytes.length > mostBytes) return "too-large";
  if (bytes[0] === 0 && bytes.length >= 5) return "schema-registry-prefix";
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "byte-order-mark";
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return "not-utf8";
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : "not-an-object";
  } catch {
    return "not-json";
  }
}
