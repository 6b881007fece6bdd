import { describe, expect, it } from "vitest";
import { answer } from "@tidemark/scenario/oracle";
import { socmedData } from "../../src/pipeline.js";
import { createStream, presets, type ScenarioRecord } from "../../src/scenario/index.js";

const startMs = Date.UTC(2024, 1, 3, 17);

/** What the oracle makes of each event of a preset, beside the event. */
function judge(name: keyof typeof presets, count: number, partitions: number, seed: number, rate?: number) {
  const stream = createStream({ scenario: presets[name], seed, startMs, ...(rate === undefined ? {} : { rate }) });
  const records = Array.from({ length: count }, (_, index) => stream.at(index));
  const verdicts: { readonly record: ScenarioRecord; readonly kind: string }[] = [];
  answer(records, {
    definition: socmedData,
    partitions,
    onJudged: ({ kind }, record) => verdicts.push({ record: record as ScenarioRecord, kind }),
    onWindow: () => {},
  });
  return verdicts;
}

const names = Object.keys(presets) as (keyof typeof presets)[];

describe("labels", () => {
  it.each(names.flatMap((name) => [1, 3, 8, 50].map((partitions) => [name, partitions] as const)))(
    "of %s say what the oracle says, with %d partitions",
    (name, partitions) => {
      const verdicts = judge(name, 30_000, partitions, partitions + 40);
      const wrong = verdicts.filter(
        ({ record, kind }) => record.label.becomes !== null && record.label.becomes !== kind,
      );
      expect(wrong.slice(0, 3).map(({ record, kind }) => ({ index: record.index, ...record.label, kind }))).toEqual([]);
      expect(verdicts).toHaveLength(30_000);
    },
  );

  it.each([0.5, 3, 2000])("of dirty hold at %d events/s too", (rate) => {
    const wrong = judge("dirty", 20_000, 8, 2, rate).filter(
      ({ record, kind }) => record.label.becomes !== null && record.label.becomes !== kind,
    );
    expect(wrong).toEqual([]);
  });

  it("leave less than 1 % of dirty to the oracle, and only of what is replayed", () => {
    const open = judge("dirty", 30_000, 8, 1).filter(({ record }) => record.label.becomes === null);
    expect(open.length).toBeLessThan(300);
    expect(new Set(open.map(({ record }) => record.label.kind))).toEqual(new Set(["replayed"]));
  });

  it("leave it to the oracle what a clock that is ahead does to honest events, and it finds some late", () => {
    const verdicts = judge("clocks", 60_000, 8, 1);
    const honest = verdicts.filter(({ record }) => record.label.kind === "ordinary" && record.label.becomes === null);
    expect(honest.filter(({ kind }) => kind === "late").length).toBeGreaterThan(1000);
    expect(honest.filter(({ kind }) => kind === "counted").length).toBeGreaterThan(1000);
  });
});
