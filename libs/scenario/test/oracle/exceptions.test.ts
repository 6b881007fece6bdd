import { describe, expect, it } from "vitest";
import { createPartitionOracle, type OracleRollup } from "../../src/oracle/index.js";
import { brief, eventAt, logOf, smallDefinition, take } from "./small-log.js";

describe("what the database decides", () => {
  const entries = [
    { event: eventAt(100, 1) },
    { event: eventAt(150, 2) },
    { event: eventAt(100, 3) },
    { event: eventAt(101, 1) },
    { event: eventAt(900, 4), timestampMs: 0 },
    { event: null },
  ];

  it("is asked about every event that is not quarantined, with the outcome that it has otherwise", () => {
    const asked: string[] = [];
    const oracle = createPartitionOracle(smallDefinition, (offset, outcome) => {
      asked.push(`${offset} ${outcome}`);
      return undefined;
    });
    for (const record of logOf([...entries.slice(0, 1), ...entries.slice(3), ...entries.slice(1, 3)])) {
      oracle.take(record);
    }
    expect(asked).toEqual(["0 counted", "1 duplicate", "4 counted", "5 late"]);
  });

  it.each(["refused", "duplicate"] as const)("as %s touches no window, id or watermark", (decision) => {
    const oracle = createPartitionOracle(smallDefinition, (offset) => (offset < 2 ? decision : undefined));
    const judgements = logOf(entries).map((record) => oracle.take(record));
    expect(judgements.map(({ kind }) => kind)).toEqual([
      decision,
      decision,
      "counted",
      "counted",
      "quarantined",
      "rejected",
    ]);
    expect(oracle.ledger).toMatchObject({ read: 6, counted: 2, [decision]: 2 });
    expect(oracle.maxEventTimeMs).toBe(101_000);
    expect(brief(oracle.takeRest(), "five")).toEqual(["100000 Bogor 2 4 80 2"]);
  });
});

describe("without an id", () => {
  it("nothing is a duplicate", () => {
    const { judgements } = take([{ event: eventAt(100, 1) }, { event: eventAt(100, 1) }], { id: null });
    expect(judgements.map(({ kind }) => kind)).toEqual(["counted", "counted"]);
  });
});

describe("a rate that is beyond all doubles", () => {
  it("is rejected where a window would add it up", () => {
    const rates = [{ name: "sold_rate", numerator: "sold", denominator: "views", scale: Number.MAX_VALUE }];
    const base = { name: "base", window: { kind: "tumbling", sizeMs: 5_000 }, keys: [], aggregates: {} } as const;
    const entry = { event: eventAt(100, 1, { sold: 20, views: 1 }) };
    const mean = { kind: "mean", field: "sold_rate", of: "double" } as const;
    const judge = (aggregates: OracleRollup["aggregates"]) =>
      take([entry], { rates, rollups: [{ ...base, aggregates }] }).judgements[0];
    expect(judge({ mean })).toMatchObject({ kind: "rejected", reason: "out-of-range", field: "sold_rate" });
    expect(judge({})).toMatchObject({ kind: "counted", row: { sold_rate: Infinity } });
  });
});
