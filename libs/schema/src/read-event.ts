import { z } from "zod";
import type { DefinedField } from "./define-fields.js";
import { expectedOf } from "./expected.js";
import { explain } from "./explain.js";
import { describeValue, printable } from "./printable.js";
import type { Rejection, RejectionReason } from "./rejection.js";
import { createTake, type Take } from "./take.js";

/** Why an object is no event, without its bytes. */
export type EventFault = Omit<Rejection, "bytes">;

export type EventRead<E> = { readonly event: E } | { readonly fault: EventFault };

/** Reads what JSON.parse or a user's decoder gives, one field after the other: the interpreted path. */
export function createReadEvent<E>(
  fields: readonly DefinedField[],
  whole: z.ZodObject | null,
): (value: object) => EventRead<E> {
  const readers = fields.map(createReadField);
  const readStored = fields.map((field) => createReadField({ ...field, stored: true }));

  function readAll(value: object, readBy: readonly ReadField[]): EventRead<E> {
    const event: Record<string, unknown> = {};
    for (const [index, { field }] of fields.entries()) {
      const { name } = field;
      const read = (readBy[index] as ReadField)(
        Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined,
      );
      if (isFault(read)) return { fault: read };
      if (read !== undefined) event[name] = read;
    }
    return { event: event as E };
  }

  if (whole === null) return (value) => readAll(value, readers);
  return (value) => {
    const read = readAll(value, readers);
    if ("fault" in read) return read;
    const asked = askZod(whole, value);
    return "fault" in asked ? { fault: faultOfWhole(asked.fault) } : readAll(asked.value as object, readStored);
  };
}

/** Reads an event that has been decoded already: everything that the fields describe, without asking zod. */
export function createReadDecoded<E>(fields: readonly DefinedField[]): (value: object) => EventRead<E> {
  return createReadEvent(
    fields.map(({ field, schema }) => ({ field, schema })),
    null,
  );
}

type ReadField = (raw: unknown) => unknown;

class FieldFault implements EventFault {
  readonly reason: RejectionReason;
  readonly field: string | null;
  readonly expected: string;
  readonly received: string;

  constructor(reason: RejectionReason, field: string | null, expected: string, received: string) {
    this.reason = reason;
    this.field = field;
    this.expected = expected;
    this.received = received;
  }
}

function isFault(read: unknown): read is EventFault {
  return read instanceof FieldFault;
}

/** The event's value, undefined where it has none, or a fault. `stored`: zod has been asked already. */
function createReadField({ field, schema, beyond, stored }: DefinedField & { readonly stored?: true }): ReadField {
  const { name, type, nullable, optional, default: value } = field;
  const expected = expectedOf(field);
  const take: Take = createTake(type);
  const readTyped: ReadField = (raw) => {
    if (raw === null && nullable) return null;
    const taken = raw === undefined ? undefined : take(raw);
    if (taken !== undefined) return taken;
    if (raw === undefined) {
      return value ?? (optional ? undefined : new FieldFault("missing-field", name, expected, describeValue(raw)));
    }
    if (raw === null) return new FieldFault("wrong-type", name, expected, describeValue(raw));
    const { reason, received, hint = "" } = explain(type, raw);
    return new FieldFault(reason, name, expected + hint, received);
  };
  if (beyond === undefined || stored === true) return readTyped;
  return (raw) => {
    const asked = askZod(schema, raw);
    if (!("fault" in asked)) return readTyped(asked.value);
    const reason = raw === undefined ? "missing-field" : reasonOfIssue(asked.fault, raw);
    return new FieldFault(reason, name, printable(asked.fault.message), describeValue(raw));
  };
}

type Issue = Pick<z.core.$ZodIssue, "code" | "message" | "path"> & { readonly origin?: string };

// A check that throws, or that answers later, must not stop a pipeline.
function askZod(schema: z.core.$ZodType, raw: unknown): { readonly value: unknown } | { readonly fault: Issue } {
  try {
    const result = z.safeParse(schema, raw);
    if (result.success) return { value: result.data };
    return { fault: result.error.issues[0] ?? { code: "custom", message: "no value of the schema", path: [] } };
  } catch (error) {
    return {
      fault: { code: "custom", message: `a value that its check does not throw at (${String(error)})`, path: [] },
    };
  }
}

function reasonOfIssue({ code, path, origin }: Issue, raw: unknown): RejectionReason {
  if (path.length > 0) return "invalid";
  switch (code) {
    case "invalid_type":
      return "wrong-type";
    case "invalid_value":
      return typeof raw === "string" ? "not-allowed" : "wrong-type";
    case "invalid_format":
      return "invalid-format";
    case "too_small":
      if (origin !== "string") return origin === "number" || origin === "int" ? "out-of-range" : "invalid";
      return raw === "" ? "empty" : "too-short";
    case "too_big":
      if (origin === "string") return "too-long";
      return origin === "number" || origin === "int" ? "out-of-range" : "invalid";
    default:
      return "invalid";
  }
}

function faultOfWhole({ path, message }: Issue): EventFault {
  const [field] = path;
  return new FieldFault("invalid", typeof field === "string" ? field : null, printable(message), "an object");
}
