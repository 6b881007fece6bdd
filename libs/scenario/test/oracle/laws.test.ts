import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createPartitionOracle,
  type Judgement,
  type OracleDefinition,
  type OracleAggregate,
  type OracleWindow,
} from "../../src/oracle/index.js";
import { judgeAll, watermarkBefore, windowsOf } from "./restatement.js";
import { eventAt, logOf, smallDefinition, take, type Entry, type Order } from "./small-log.js";

const aggregates: Readonly<Record<string, OracleAggregate>> = {
  events: { kind: "count" },
  cents: { kind: "sum", field: "cents", of: "integer" },
  sold_rate_sum: { kind: "sum", field: "sold_rate", of: "double" },
  sold_rate_count: { kind: "count-non-null", field: "sold_rate" },
  left_rate: { kind: "mean", field: "left_rate", of: "double" },
  cents_min: { kind: "min", field: "cents", of: "integer" },
  left_rate_max: { kind: "max", field: "left_rate", of: "double" },
};

// Times of odd ms, so that ends fall between the seconds of events as well as on them.
const definitions: fc.Arbitrary<OracleDefinition> = fc
  .record({
    watermarkDelayMs: fc.constantFrom(0, 1, 999, 1_000, 3_000, 7_500),
    allowedLatenessMs: fc.constantFrom(0, 1, 500, 2_000),
    maxFutureSkewMs: fc.constantFrom(0, 1, 1_000, 4_000),
    sizeMs: fc.constantFrom(500, 1_000, 1_500, 3_000),
    factor: fc.integer({ min: 1, max: 4 }),
    limits: fc.array(
      fc.option(fc.record({ perWindow: fc.integer({ min: 1, max: 3 }), beyond: fc.constantFrom("other", "reject") })),
      { minLength: 2, maxLength: 2 },
    ),
  })
  .map(({ sizeMs, factor, limits: [base, wide], ...times }) => ({
    ...smallDefinition,
    ...times,
    rollups: [
      {
        name: "base",
        window: { kind: "tumbling", sizeMs },
        keys: ["shop", "channel"],
        aggregates,
        keyLimit: base ?? undefined,
      },
      {
        name: "wide",
        window: { kind: "tumbling", sizeMs: sizeMs * factor },
        keys: ["shop"],
        aggregates,
        keyLimit: wide ?? undefined,
      },
    ],
  }));

const entries: fc.Arbitrary<Entry[]> = fc.array(
  fc
    .record({
      unfit: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
      second: fc.nat(30),
      id: fc.nat(5),
      shop: fc.constantFrom("A", "AB", "other"),
      channel: fc.constantFrom("B", "BB", "other"),
      cents: fc.nat(2 ** 31 - 1),
      views: fc.nat(3),
      lefts: fc.nat(1_000),
      sold: fc.nat(1_000),
      behindMs: fc.option(fc.constantFrom(-9_000, 0, 1, 1_000, 1_001, 4_000, 5_000), { nil: null }),
    })
    .map(({ unfit, second, id, behindMs, ...more }) => ({
      event: unfit ? null : eventAt(second, id, more),
      timestampMs: behindMs === null ? -1 : Math.max(-1, second * 1000 - behindMs),
    })),
  { maxLength: 40, size: "max" },
);

const textOf = ({ rollup, windowStartMs, keys, values }: OracleWindow) =>
  `${rollup} ${windowStartMs} ${JSON.stringify(keys)} ${values.join(" ")}`;

function detailOf(judgement: Judgement): number | null {
  if (judgement.kind === "late") return judgement.missedByMs;
  if (judgement.kind === "quarantined") return judgement.aheadMs;
  return judgement.kind === "duplicate" ? judgement.firstOffset : null;
}

const runs = { numRuns: 500 };

describe("laws of the oracle", () => {
  it("every verdict, watermark and window is what looking through the whole log each time gives", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(definitions, entries, (definition, log) => {
        const { judgements, oracle } = take(log, definition);
        const expected = judgeAll(definition, log);
        const told = judgements.map((judgement, at) => {
          seen.add(judgement.kind);
          if (judgement.kind === "rejected") seen.add(judgement.reason);
          // A judgement that does not tell the watermark can't be wrong about it.
          const { watermarkMs } = "watermarkMs" in judgement ? judgement : (expected[at] ?? { watermarkMs: NaN });
          return { kind: judgement.kind, detail: detailOf(judgement), watermarkMs };
        });
        expect(told).toEqual(expected);
        expect(oracle.watermarkMs).toBe(watermarkBefore(definition, log, log.length));
        expect(oracle.takeRest().map(textOf).sort()).toEqual(windowsOf(definition, log).sort());
      }),
      runs,
    );
    const kinds = ["counted", "duplicate", "late", "quarantined", "rejected", "tombstone", "too-many-keys"];
    expect([...seen].sort()).toEqual(kinds);
  });

  it("windows are the same, once each and in the same order within a rollup, whenever the closed ones are taken", () => {
    let takenEarly = 0;
    fc.assert(
      fc.property(definitions, entries, fc.array(fc.boolean(), { maxLength: 40 }), (definition, log, cuts) => {
        const oracle = createPartitionOracle(definition);
        const given: OracleWindow[] = [];
        for (const [at, record] of logOf(log).entries()) {
          oracle.take(record);
          if (cuts[at] !== true) continue;
          const before = new Map(given.map(({ rollup, windowStartMs }) => [rollup, windowStartMs]));
          const closed = oracle.takeClosed();
          for (const { rollup, windowStartMs } of closed) {
            const { sizeMs = 0 } = definition.rollups.find(({ name }) => name === rollup)?.window ?? {};
            expect(windowStartMs + sizeMs + definition.allowedLatenessMs).toBeLessThanOrEqual(oracle.watermarkMs);
            expect(windowStartMs).toBeGreaterThan(before.get(rollup) ?? -Infinity);
          }
          expect(oracle.takeClosed()).toEqual([]);
          takenEarly += closed.length;
          given.push(...closed);
        }
        given.push(...oracle.takeRest());
        const all = take(log, definition).oracle.takeRest();
        for (const { name } of definition.rollups) {
          const ofRollup = ({ rollup }: OracleWindow) => rollup === name;
          expect(given.filter(ofRollup)).toEqual(all.filter(ofRollup));
        }
      }),
      runs,
    );
    expect(takenEarly).toBeGreaterThan(0);
  });

  it("the ledger adds up, and the integer sums of each rollup are those of the counted rows", () => {
    fc.assert(
      fc.property(definitions, entries, (definition, log) => {
        const { judgements, oracle } = take(log, definition);
        const { read, counted, duplicate, late, quarantined, rejected } = oracle.ledger;
        expect(read).toBe(log.length);
        expect(counted + duplicate + late + quarantined + rejected).toBe(read);
        const rows = judgements.flatMap((judgement) =>
          judgement.kind === "counted" ? (judgement.row as unknown as Order) : [],
        );
        expect(rows).toHaveLength(counted);
        const windows = oracle.takeRest();
        for (const { name } of definition.rollups) {
          const values = windows.filter(({ rollup }) => rollup === name).map((window) => window.values);
          const sumAt = (at: number) => values.reduce((sum, of) => sum + (of[at] ?? NaN), 0);
          expect(sumAt(0)).toBe(counted);
          expect(sumAt(1)).toBe(rows.reduce((sum, { cents }) => sum + cents, 0));
          expect(sumAt(3)).toBe(rows.filter(({ views }) => views > 0).length);
        }
      }),
      runs,
    );
  });
});
