import { demandOf, type FieldDemand } from "./aggregates.js";
import { MAX_TIME_MS, type TaskDefinition } from "./definition.js";

/**
 * Reads each field that a definition names once per event, into buffers that the next event overwrites.
 * An event does not fit a definition when its id or a key is no string, its time no integer within ±8.64e15 ms, an
 * integer sum's field no safe integer, or a double sum's field neither a finite number nor null.
 */
export class EventReader<E> {
  id = "";
  timeMs = 0;
  readonly keys: string[];
  /** NaN stands for null. */
  readonly numbers: Float64Array;

  readonly #idField: string;
  readonly #timeField: string;
  readonly #msPerUnit: number;
  readonly #keyFields: readonly string[];
  readonly #numberFields: readonly string[];
  readonly #demands: readonly FieldDemand[];

  constructor(definition: TaskDefinition<E>) {
    this.#idField = definition.id;
    this.#timeField = definition.time.field;
    this.#msPerUnit = definition.time.unit === "s" ? 1000 : 1;
    this.#keyFields = [...new Set(definition.rollups.flatMap((rollup) => rollup.keys))];
    const demands = demandedFields(definition);
    this.#numberFields = [...demands.keys()];
    this.#demands = [...demands.values()];
    this.keys = this.#keyFields.map(() => "");
    // One more, so that an aggregate without a field has something to read.
    this.numbers = new Float64Array(Math.max(1, demands.size));
  }

  keySlot(field: string): number {
    return this.#keyFields.indexOf(field);
  }

  numberSlot(field: string): number {
    return this.#numberFields.indexOf(field);
  }

  /** Fills the buffers. Returns the first field that does not fit, or null when all do. */
  read(event: E): string | null {
    const fields = event as Readonly<Record<string, unknown>>;
    const id = fields[this.#idField];
    if (typeof id !== "string") return this.#idField;
    this.id = id;

    const time = fields[this.#timeField];
    if (typeof time !== "number" || !Number.isSafeInteger(time)) return this.#timeField;
    const timeMs = time * this.#msPerUnit;
    if (timeMs > MAX_TIME_MS || timeMs < -MAX_TIME_MS) return this.#timeField;
    this.timeMs = timeMs;

    for (let at = 0; at < this.#keyFields.length; at++) {
      const field = this.#keyFields[at] as string;
      const key = fields[field];
      if (typeof key !== "string") return field;
      this.keys[at] = key;
    }
    for (let at = 0; at < this.#numberFields.length; at++) {
      const field = this.#numberFields[at] as string;
      const number = toNumber(fields[field], this.#demands[at] as FieldDemand);
      if (number === undefined) return field;
      this.numbers[at] = number;
    }
    return null;
  }
}

/** NaN for null; undefined for a value that does not fit. */
function toNumber(value: unknown, demand: FieldDemand): number | undefined {
  if (demand === "integer") return Number.isSafeInteger(value) ? (value as number) : undefined;
  if (value === null || value === undefined) return Number.NaN;
  if (demand === "presence") return 1;
  return Number.isFinite(value) ? (value as number) : undefined;
}

/** Each field with the strictest demand that an aggregate makes of it. */
function demandedFields<E>(definition: TaskDefinition<E>): Map<string, FieldDemand> {
  const strictness: readonly FieldDemand[] = ["presence", "double", "integer"];
  const demands = new Map<string, FieldDemand>();
  for (const rollup of definition.rollups) {
    for (const aggregate of Object.values(rollup.aggregates)) {
      const demand = demandOf(aggregate);
      if (demand === null || aggregate.kind === "count") continue;
      const known = demands.get(aggregate.field);
      if (known === undefined || strictness.indexOf(demand) > strictness.indexOf(known)) {
        demands.set(aggregate.field, demand);
      }
    }
  }
  return demands;
}
