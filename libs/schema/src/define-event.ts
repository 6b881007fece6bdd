import type { z } from "zod";
import { compileEvent } from "./compile.js";
import type { EventShape } from "./event-target.js";
import { createDecodeJson, rejectUnread, viewOf, type RangeDecoder } from "./decode.js";
import { createDecodeOwn, type Decoder } from "./own-decoder.js";
import { defineFields, type DefinedField, type EventTime } from "./define-fields.js";
import type { Field } from "./field.js";
import { jsonSchemaOf, type JsonSchema } from "./json-schema.js";
import { createReadDecoded, createReadEvent } from "./read-event.js";
import type { Decoded } from "./rejection.js";
import { createToWire } from "./to-wire.js";
import { bytesOf } from "./utf8.js";

/** Everything that one definition of an event gives. */
export interface EventCodec<E> {
  /** The zod object. */
  readonly schema: z.ZodObject;
  /** `custom`: a function of the user's own makes events of bytes. */
  readonly decoder: "json" | "custom";
  /** In wire order. */
  readonly fields: readonly Field[];
  /**
   * Says what `fields` do not describe, so that no other program can decode the same bytes to the same events: the first
   * such field, or null for the event as a whole.
   */
  readonly unportable?: { readonly field: string | null; readonly reason: string };
  /** Of events on the wire, for those who write them. */
  readonly jsonSchema: JsonSchema;
  /** Never throws. Events have their keys in wire order and no others. */
  readonly decode: (bytes: Uint8Array | null) => Decoded<E>;
  /**
   * Makes a function that decodes as `decode` does, bytes within others. Its events are for whoever adds properties to them: those
   * `added` may be there already, null, as to add them later would cost several times as much. With `reused` an event, and the answer
   * that it comes in, may be written over: the event once that many more were decoded, the answer by the next call. Then the UUIDs
   * `words` may be given as four words of 32 bits (Int32Array) in place of their text.
   */
  readonly createDecoder: (shape?: EventShape) => RangeDecoder<E>;
  /** Compact JSON in UTF-8, keys in wire order, a bigint as text. It checks nothing: `decode` does. */
  readonly encode: (event: E) => Uint8Array;
}

export interface EventOptions<S extends z.ZodObject> {
  /** The field that holds the event's time, and its unit: an integer, or ISO 8601 text for "iso". */
  readonly time?: EventTime<Extract<keyof z.output<S>, string>>;
  /** Makes events of bytes that are no JSON. */
  readonly decoder?: Decoder<z.output<S>>;
}

/** Defines an event by a zod object. It throws a SchemaError where a field has no column, or the time does not fit. */
export function defineEvent<S extends z.ZodObject>(schema: S, options: EventOptions<S> = {}): EventCodec<z.output<S>> {
  type E = z.output<S>;
  const { time, decoder } = options;
  const defined = defineFields(schema, time, decoder !== undefined);
  const beyondWhole = wordsOfWhole(schema);
  const unportable = decoder === undefined ? findUnportable(defined, beyondWhole) : OWN_DECODER;
  // What zod checks of the event as a whole is beyond compiled code.
  const compiled = beyondWhole === undefined ? compileEvent<E>(defined) : null;
  const toWire = compiled?.toWire ?? createToWire(defined);
  const read = createReadEvent<E>(defined, beyondWhole === undefined ? null : schema);
  const decodeOwn = decoder && createDecodeOwn(decoder, createReadDecoded<E>(defined));

  function createDecoder(shape?: EventShape): RangeDecoder<E> {
    if (decodeOwn !== undefined) return (bytes, from, to) => decodeOwn(viewOf(bytes, from, to));
    const { scan = null, guard = null } =
      (shape === undefined || beyondWhole !== undefined ? compiled : compileEvent<E>(defined, shape)) ?? {};
    return createDecodeJson<E>({ scan, guard, read, isReused: (shape?.reused ?? 0) > 0 });
  }

  const decodeJson = createDecoder();
  return {
    schema,
    decoder: decoder === undefined ? "json" : "custom",
    fields: defined.map(({ field }) => field),
    ...(unportable === undefined ? {} : { unportable }),
    jsonSchema: jsonSchemaOf(schema, defined),
    decode: decodeOwn ?? ((bytes) => (bytes === null ? rejectUnread(bytes) : decodeJson(bytes, 0, bytes.length))),
    createDecoder,
    encode: (event) => bytesOf(JSON.stringify(toWire(event))),
  };
}

const OWN_DECODER = { field: null, reason: "a decoder of its own" };

function wordsOfWhole(schema: z.ZodObject): string | undefined {
  const { checks = [], catchall } = schema._zod.def;
  if (checks.length > 0) return "checks of the event as a whole";
  return catchall === undefined ? undefined : "unknown keys are refused";
}

function findUnportable(
  defined: readonly DefinedField[],
  beyondWhole: string | undefined,
): EventCodec<never>["unportable"] {
  const first = defined.find(({ beyond }) => beyond !== undefined);
  if (first?.beyond !== undefined) return { field: first.field.name, reason: first.beyond };
  return beyondWhole === undefined ? undefined : { field: null, reason: beyondWhole };
}
