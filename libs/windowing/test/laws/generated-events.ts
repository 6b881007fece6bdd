import * as fc from "fast-check";
import type { TaskDefinition } from "../../src/index.js";
import type { Input } from "./naive-model.js";
import type { Visit } from "./visit.js";

/** Events in so small a range of times that edges, late events, duplicates and merging sessions are everywhere. */

/** Texts and UUIDs, which the lib keeps in different tables; in capitals a UUID is a text. */
const ids = [
  "a",
  "b",
  "c",
  "",
  "00000000-0000-4000-8000-000000000000",
  "00000000-0000-4000-8000-000000000001",
  "abcdef01-2345-4678-9abc-def012345678",
  "ABCDEF01-2345-4678-9ABC-DEF012345678",
];

const visits: fc.Arbitrary<Visit> = fc.record(
  {
    id: fc.constantFrom(...ids),
    at: fc.integer({ min: -9, max: 6 }),
    city: mostly("Bogor", fc.constantFrom("Depok", "", "other")),
    // In the order of code points the last two are the other way round.
    platform: mostly("X", fc.constantFrom("\u{1f600}", "\uff5e", "other")),
    sales: fc.integer({ min: -3, max: 9 }),
    rate: fc.constantFrom(null, 0, -0, 0.25, 0.5, -0.75, 3),
  },
  { noNullPrototype: true },
);

/** In another order, these have another sum. */
const roundedRates = fc.constantFrom(null, 0.1, 0.2, 0.3, 1e16, -1e16, -0);

/** What makes a visit unfit, or fits after all where the definition does not look at the field. */
const misfits: fc.Arbitrary<Readonly<Record<string, unknown>> | null> = fc.constantFrom(
  null,
  ...[Number.NaN, Number.POSITIVE_INFINITY, 0.5, -1.25, 2 ** 53, -(2 ** 53), 8.64e15 + 1, "7", null].map((at) => ({
    at,
  })),
  ...[undefined, null, 7, {}].map((id) => ({ id })),
  ...[undefined, null, 7, ["Bogor"]].map((city) => ({ city })),
  ...[undefined, null, "1", 0.5, Number.NaN, 2 ** 53, 1n].map((sales) => ({ sales })),
  ...["0.5", Number.NaN, Number.NEGATIVE_INFINITY, false].map((rate) => ({ rate })),
);

export interface Draft {
  readonly visit: Visit;
  readonly roundedRate: number | null;
  readonly farCity: string;
  /** Times drift upwards, so that streams are long enough for ids to expire and come again. */
  readonly drift: number;
  /** From the event's time; null: no arrival. */
  readonly arrival: number | null;
  /** null: the visit is what it is. */
  readonly misfit: { readonly fields: Readonly<Record<string, unknown>> | null } | null;
  /** A watermark from outside before the event, from where the drift is. */
  readonly advance: number | null;
}

const drafts: fc.Arbitrary<Draft> = fc.record({
  visit: visits,
  roundedRate: roundedRates,
  farCity: fc.integer({ min: 1, max: 50 }).map((number) => `city ${number}`),
  drift: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 })),
  arrival: fc.option(fc.integer({ min: -5, max: 12 }), { freq: 4, nil: null }),
  misfit: rarely(12, fc.record({ fields: misfits })),
  advance: rarely(20, fc.integer({ min: -14, max: 2 })),
});

export function generatedDrafts(maxLength: number, minLength = 0): fc.Arbitrary<Draft[]> {
  return fc.array(drafts, { minLength, maxLength, size: "max" });
}

export interface EventShape {
  /** Sums of doubles depend on the order of addition. */
  readonly isRounded: boolean;
  /** There are many cities, so that more rows are held than tables begin with. */
  readonly isWide: boolean;
}

/** Makes drafts into what happens to a stream, each at the time that the drift has come to. */
export class Drifting {
  readonly #definition: TaskDefinition<Visit>;
  readonly #shape: EventShape;
  #drift = 0;

  constructor(definition: TaskDefinition<Visit>, shape: EventShape) {
    this.#definition = definition;
    this.#shape = shape;
  }

  take(taken: readonly Draft[]): Input[] {
    const { time, watermarkDelayMs } = this.#definition;
    const scale = time.unit === "s" ? 1000 : 1;
    const { isRounded, isWide } = this.#shape;
    return taken.flatMap(({ visit, roundedRate, farCity, drift, arrival, misfit, advance }): Input[] => {
      this.#drift += drift;
      const at = visit.at + this.#drift;
      const fitting = { ...visit, at, rate: isRounded ? roundedRate : visit.rate, city: isWide ? farCity : visit.city };
      const event = {
        event: misfit === null ? fitting : spoil(fitting, misfit.fields),
        arrivalMs: arrival === null ? -1 : (at + arrival) * scale,
      };
      const isDue = advance !== null || (watermarkDelayMs === "given" && visit.at % 3 === 0);
      return isDue ? [{ advanceMs: (this.#drift + (advance ?? visit.at - 4)) * scale }, event] : [event];
    });
  }
}

function spoil(visit: Visit, fields: Readonly<Record<string, unknown>> | null): Visit | null {
  return fields === null ? null : ({ ...visit, ...fields } as Visit);
}

/** Once in so many draws; else null. */
function rarely<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

function mostly<T>(value: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(value) }, { weight: 1, arbitrary });
}
