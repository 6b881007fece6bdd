import type { Field } from "./field.js";

/** What events of a decoder are beside their own values. */
export interface EventShape {
  /** Properties that stand behind the event's own, null. */
  readonly added?: readonly string[];
  /** So many events are made, and written over one after the other; default: each event is a new object. */
  readonly reused?: number;
  /** Of events that are reused: UUIDs that are given as four words of 32 bits, in an Int32Array that is reused too, and not as texts. */
  readonly words?: readonly string[];
}

/** Where the code leaves an event's values. */
export interface Target {
  /** Code that comes before the functions. */
  readonly setUp: string;
  /** Code that comes first in a function. */
  readonly open: string;
  /** Whether the field's value goes into words of the event. */
  isWords(field: Field): boolean;
  /** Code that returns the event. `v0` and so on are the values; words have been written. */
  readonly close: string;
}

export function targetOf(fields: readonly Field[], { added = [], reused = 0, words = [] }: EventShape): Target {
  if (reused === 0) {
    const close = `return ${emitObject(fields, (index) => `v${index}`, added)};`;
    return { setUp: "", open: "", isWords: () => false, close };
  }
  const isWords = (field: Field) => words.includes(field.name) && canBeWords(field);
  const blank = emitObject(
    fields,
    (index) => (isWords(fields[index] as Field) ? "new Int32Array(4)" : blankOf(fields[index] as Field)),
    added,
  );
  const writes = fields.map((field, index) =>
    isWords(field) ? "" : `event[${JSON.stringify(field.name)}] = v${index};`,
  );
  return {
    setUp: `const events = Array.from({ length: ${reused} }, () => (${blank})); let next = 0;`,
    open: "const event = events[next];",
    isWords,
    close: `${writes.join(" ")} next = next + 1 === ${reused} ? 0 : next + 1; return event;`,
  };
}

/** A UUID that is always there, and that no pattern has to look at as text. */
function canBeWords({ type, nullable, optional, default: value }: Field): boolean {
  return type.kind === "uuid" && type.pattern === undefined && !nullable && !optional && value === undefined;
}

/** A value of the kind that the field will have, so that its place in the object is of this kind from the start. */
function blankOf({ type: { kind }, nullable, optional }: Field): string {
  if (nullable || optional) return "null";
  if (kind === "double") return "0.5";
  return kind === "integer" || kind === "time" ? "0" : "null";
}

/** The expression of a field's words, where its value goes into words. */
export function wordsOf({ name }: Field): string {
  return `event[${JSON.stringify(name)}]`;
}

/** The object literal gives every event the same hidden class. */
export function emitObject(
  fields: readonly Field[],
  valueOf: (index: number) => string,
  added: readonly string[] = [],
): string {
  const own = fields.map(({ name }, index) => `${JSON.stringify(name)}: ${valueOf(index)}`);
  return `{ ${[...own, ...added.map((name) => `${JSON.stringify(name)}: null`)].join(", ")} }`;
}
