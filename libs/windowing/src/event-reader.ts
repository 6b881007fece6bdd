import { demandOf, type FieldDemand, type NumberSlots } from "./aggregates.js";
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
  /** A 1, then for each number field its value and its presence. */
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
    this.numbers = new Float64Array(1 + 2 * demands.size);
    this.numbers[0] = 1;
  }

  keySlot(field: string): number {
    return this.#keyFields.indexOf(field);
  }

  numberSlots(): NumberSlots {
    return {
      one: 0,
      value: (field) => 1 + 2 * this.#numberFields.indexOf(field),
      presence: (field) => 2 + 2 * this.#numberFields.indexOf(field),
    };
  }

  /** Fills the buffers. Returns the first field that does not fit, or null when all do. */
  read(event: E): string | null {
    const fields = event as Readonly<Record<string, unknown>>;
    const id = fields[this.#idField];
    if (typeof id !== "string") return this.#idField;
    this.id = id;

    const time = fields[this.#timeField];
    if (typeof time !== "number" || !Number.isSafeInteger(time)) return this.#timeField;
    // + 0 turns -0 into 0.
    const timeMs = time * this.#msPerUnit + 0;
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
      if (!this.#readNumber(1 + 2 * at, fields[field], this.#demands[at] as FieldDemand)) return field;
    }
    return null;
  }

  #readNumber(slot: number, value: unknown, demand: FieldDemand): boolean {
    const numbers = this.numbers;
    if (demand === "integer") {
      if (!Number.isSafeInteger(value)) return false;
      numbers[slot] = value as number;
      numbers[slot + 1] = 1;
      return true;
    }
    const absent = value === null || value === undefined;
    numbers[slot + 1] = absent ? 0 : 1;
    if (demand === "presence") return true;
    numbers[slot] = absent ? 0 : (value as number);
    return absent || Number.isFinite(value);
  }
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
