import * as fc from "fast-check";

/** The fields of the rates of a social media event. */
export interface Row {
  readonly Visitors: number;
  readonly PageVisitors: number;
  readonly Conversion: number;
}

const INT4_MAX = 2_147_483_647;

/** A count as an event can hold it: 0, 1 and the largest are common. */
const count: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, INT4_MAX - 1, INT4_MAX),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: INT4_MAX }),
);

/** A row whose parts may be larger than their whole, and whose whole may be 0. */
export const row: fc.Arbitrary<Row> = fc.record(
  { Visitors: count, PageVisitors: count, Conversion: count },
  { noNullPrototype: true },
);
