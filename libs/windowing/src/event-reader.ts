import { demandOf, type FieldDemand, type NumberSlots } from "./aggregates.js";
import { MAX_TIME_MS } from "./checks.js";
import type { Id } from "./dedup.js";
import type { TaskDefinition } from "./definition.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads each field that a definition names once per event, into buffers that the next event overwrites.
 * An event does not fit a definition when its id is neither a string nor four words, a key no string, its time no integer within ±8.64e15 ms, an
 * integer sum's field no safe integer, or a double's field neither a finite number nor null (undefined counts as null).
 */
export class EventReader<E> {
  id: Id = "";
  /** One double, in an array so that a new one costs no object. */
  readonly #time = new Float64Array(1);
  readonly keys: string[];
  /** A 1, then for each number field its value and its presence. */
  readonly numbers: Float64Array;

  readonly #idField: string | undefined;
  readonly #timeField: string;
  readonly #msPerUnit: number;
  readonly #keyFields: readonly string[];
  /** Those of integer sums come first. */
  readonly #numberFields: readonly string[];
  readonly #integers: number;
  readonly #demands: readonly FieldDemand[];

  constructor(definition: TaskDefinition<E>) {
    this.#idField = definition.id;
    this.#timeField = definition.time.field;
    this.#msPerUnit = definition.time.unit === "s" ? 1000 : 1;
    this.#keyFields = [...new Set(definition.rollups.flatMap((rollup) => rollup.keys))];
    const demands = [...demandedFields(definition)];
    const integers = demands.filter(([, demand]) => demand === "integer");
    const others = demands.filter(([, demand]) => demand !== "integer");
    this.#numberFields = [...integers, ...others].map(([field]) => field);
    this.#demands = [...integers, ...others].map(([, demand]) => demand);
    this.#integers = integers.length;
    this.keys = this.#keyFields.map(() => "");
    // An integer is always there.
    this.numbers = new Float64Array(1 + 2 * demands.length).fill(1);
  }

  get timeMs(): number {
    return this.#time[0] as number;
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
    const fields = event as Fields;
    if (this.#idField !== undefined) {
      const id = fields[this.#idField];
      if (typeof id !== "string" && !(id instanceof Int32Array && id.length === 4)) return this.#idField;
      this.id = id;
    }
    const time = fields[this.#timeField];
    if (typeof time !== "number" || Math.floor(time) !== time) return this.#timeField;
    // + 0 turns -0 into 0.
    const timeMs = time * this.#msPerUnit + 0;
    if (timeMs > MAX_TIME_MS || timeMs < -MAX_TIME_MS) return this.#timeField;
    this.#time[0] = timeMs;
    return this.#readKeys(fields) ?? this.#readIntegers(fields) ?? this.#readOthers(fields);
  }

  // Here and below the first few fields have a line each: a line that reads the same field of every event is several
  // times faster than one that reads another each time.
  #readKeys(fields: Fields): string | null {
    const names = this.#keyFields;
    const keys = this.keys;
    const count = names.length;
    if (count === 0) return null;
    const first = fields[names[0] as string];
    if (typeof first !== "string") return names[0] as string;
    keys[0] = first;
    if (count === 1) return null;
    const second = fields[names[1] as string];
    if (typeof second !== "string") return names[1] as string;
    keys[1] = second;
    for (let at = 2; at < count; at++) {
      const key = fields[names[at] as string];
      if (typeof key !== "string") return names[at] as string;
      keys[at] = key;
    }
    return null;
  }

  #readIntegers(fields: Fields): string | null {
    const names = this.#numberFields;
    const numbers = this.numbers;
    const count = this.#integers;
    // + 0 turns -0 into 0.
    if (count > 0) {
      const value = fields[names[0] as string];
      if (!Number.isSafeInteger(value)) return names[0] as string;
      numbers[1] = (value as number) + 0;
    }
    if (count > 1) {
      const value = fields[names[1] as string];
      if (!Number.isSafeInteger(value)) return names[1] as string;
      numbers[3] = (value as number) + 0;
    }
    if (count > 2) {
      const value = fields[names[2] as string];
      if (!Number.isSafeInteger(value)) return names[2] as string;
      numbers[5] = (value as number) + 0;
    }
    if (count > 3) {
      const value = fields[names[3] as string];
      if (!Number.isSafeInteger(value)) return names[3] as string;
      numbers[7] = (value as number) + 0;
    }
    if (count > 4) {
      const value = fields[names[4] as string];
      if (!Number.isSafeInteger(value)) return names[4] as string;
      numbers[9] = (value as number) + 0;
    }
    for (let at = 5; at < count; at++) {
      const value = fields[names[at] as string];
      if (!Number.isSafeInteger(value)) return names[at] as string;
      numbers[1 + 2 * at] = (value as number) + 0;
    }
    return null;
  }

  #readOthers(fields: Fields): string | null {
    const names = this.#numberFields;
    for (let at = this.#integers; at < names.length; at++) {
      const value = fields[names[at] as string];
      const absent = value === null || value === undefined;
      this.numbers[2 + 2 * at] = absent ? 0 : 1;
      if (this.#demands[at] === "presence") continue;
      if (!absent && !Number.isFinite(value)) return names[at] as string;
      this.numbers[1 + 2 * at] = absent ? 0 : (value as number) + 0;
    }
    return null;
  }
}

/** Each field with the strictest demand that an aggregate makes of it. */
function demandedFields<E>(definition: TaskDefinition<E>): Map<string, FieldDemand> {
  const strictness: readonly FieldDemand[] = ["presence", "double", "integer"];
  const demands = new Map<string, FieldDemand>();
  for (const rollup of definition.rollups) {
    for (const aggregate of Object.values(rollup.aggregates)) {
      const demanded = demandOf(aggregate);
      if (demanded === null) continue;
      const known = demands.get(demanded.field);
      if (known === undefined || strictness.indexOf(demanded.demand) > strictness.indexOf(known)) {
        demands.set(demanded.field, demanded.demand);
      }
    }
  }
  return demands;
}
