import { describe, expect, it } from "vitest";
import {
  answer,
  createPartitionOracle,
  partitionOfKey,
  type Answers,
  type Judgement,
  type Located,
  type OracleWindow,
  type StreamRecord,
} from "../../src/oracle/index.js";
import { encode, eventAt, smallDefinition } from "./small-log.js";

type Told = readonly [judgement: Judgement, record: StreamRecord, at: Located];

function ask(records: Iterable<StreamRecord>, partitions: number) {
  const judged: Told[] = [];
  const windows: (readonly [window: OracleWindow, partition: number, afterRecords: number])[] = [];
  const answers: Answers = answer(records, {
    definition: smallDefinition,
    partitions,
    onJudged: (...told) => judged.push(told),
    onWindow: (window, partition) => windows.push([window, partition, judged.length]),
  });
  return { answers, judged, windows };
}

const recordAt = (key: string, second: number, id: number): StreamRecord => ({
  key,
  timestampMs: second * 1000,
  value: encode(eventAt(second, id)),
});

// Of two partitions, these lie in 0 and 1.
const [bogor, depok] = ["Bogor|X", "Depok|X"];

describe("the answers for a stream", () => {
  it("are told record by record in the stream's order, each with its place in the log", () => {
    expect([bogor, depok].map((key) => partitionOfKey(key, 2))).toEqual([0, 1]);
    const records = [recordAt(bogor, 100, 1), recordAt(depok, 200, 2), recordAt(bogor, 100, 1)];
    const { judged } = ask(records, 2);
    expect(judged.map(([, record]) => record)).toEqual(records);
    expect(judged.map(([{ kind }, , { partition, offset }]) => [kind, partition, offset])).toEqual([
      ["counted", 0, 0],
      ["counted", 1, 0],
      ["duplicate", 0, 1],
    ]);
  });

  it("count an id again in another partition, and judge no partition by another's watermark", () => {
    const { judged } = ask([recordAt(bogor, 500, 1), recordAt(depok, 100, 1)], 2);
    expect(judged.map(([{ kind }]) => kind)).toEqual(["counted", "counted"]);
  });

  it("say of every partition where it ends, of one that got nothing too", () => {
    const { answers } = ask([recordAt(depok, 100, 1), { key: depok, timestampMs: -1, value: null }], 2);
    const none = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, refused: 0 };
    expect(answers.partitions).toEqual([
      { ledger: none, watermarkMs: -Infinity, maxEventTimeMs: -Infinity, nextOffset: 0 },
      {
        ledger: { ...none, read: 2, counted: 1, rejected: 1 },
        watermarkMs: 90_000,
        maxEventTimeMs: 100_000,
        nextOffset: 2,
      },
    ]);
  });

  it("are those of one oracle per partition, and most windows come long before the end", () => {
    const keys = [bogor, depok, "Jakarta|X", "Bekasi|TikTok", "東京|X"];
    const records = Array.from({ length: 12_000 }, (_, at) =>
      recordAt(keys[(at * 7) % keys.length] ?? bogor, 1000 + Math.floor(at / 8) - ((at * 13) % 20), (at * 31) % 9_000),
    );
    const { answers, judged, windows } = ask(
      (function* () {
        yield* records;
      })(),
      2,
    );
    const oracles = answers.partitions.map(() => createPartitionOracle(smallDefinition));
    for (const [judgement, { timestampMs, value }, { partition, offset }] of judged) {
      expect(oracles[partition]?.take({ offset, timestampMs, value })).toEqual(judgement);
    }
    for (const [partition, oracle] of oracles.entries()) {
      expect(answers.partitions[partition]).toMatchObject({ ledger: oracle.ledger, watermarkMs: oracle.watermarkMs });
      for (const { name } of smallDefinition.rollups) {
        const given = windows.filter(([window, of]) => of === partition && window.rollup === name);
        expect(given.map(([window]) => window)).toEqual(
          createdBy(judged, partition).filter(({ rollup }) => rollup === name),
        );
      }
    }
    expect(windows.filter(([, , afterRecords]) => afterRecords < records.length).length).toBeGreaterThan(
      windows.length / 2,
    );
  });

  it("need a partition", () => {
    expect(() => ask([], 0)).toThrow("partitions must be an integer above 0, got 0.");
    expect(() => ask([], 1.5)).toThrow("partitions must be an integer above 0, got 1.5.");
  });
});

/** The windows of a partition, all at its end. */
function createdBy(judged: readonly Told[], of: number): OracleWindow[] {
  const oracle = createPartitionOracle(smallDefinition);
  for (const [, { timestampMs, value }, { partition, offset }] of judged) {
    if (partition === of) oracle.take({ offset, timestampMs, value });
  }
  return oracle.takeRest();
}
