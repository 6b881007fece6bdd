import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { OperatorDefinition } from "../../src/index.js";
import { type GeneratedStreams, generatedSources, generatedStreams, toOperator } from "./generated-sources.js";
import { judgeNaively, type Outcome, readStream, watermarkAfter } from "./naive-model.js";
import { type AfterInput, readOverall } from "./naive-operator.js";
import { writtenRows } from "./naive-rows.js";
import { OperatorConsumer } from "./operator-consumer.js";
import type { Visit } from "./visit.js";

test("judged by source: whatever the interleaving, the signals, the cuts and restores, each source comes to what it is alone", () => {
  fc.assert(
    fc.property(generatedStreams, (generated) => {
      const { definition, streams } = generated;
      const consumer = new OperatorConsumer(definition);
      interleave(generated, consumer);

      const { ledger, parts } = consumer.checkpoint();
      const naive = [...streams].map(([source, inputs]) => {
        const outcome = judgeNaively(definition, readStream(definition, inputs));
        return { source, ...outcome, watermarkMs: watermarkAfter(definition, inputs) };
      });
      for (const { source, judged, watermarkMs, ...outcome } of naive) {
        expect(consumer.judgedOf(source)).toEqual(judged);
        expectTables(consumer, source, definition, outcome, watermarkMs);
        if (streams.get(source)?.length === 0) continue;
        expect(parts.find((part) => part.source === source)).toMatchObject({ watermarkMs, ledger: outcome.ledger });
      }
      for (const field of ["read", "counted", "duplicate", "late", "quarantined", "rejected"] as const) {
        expect(ledger[field]).toBe(naive.reduce((sum, outcome) => sum + outcome.ledger[field], 0));
      }
    }),
    { numRuns: 200 },
  );
});

function interleave({ streams, turns, signals }: GeneratedStreams, consumer: OperatorConsumer): void {
  const left = new Map([...streams].map(([source, inputs]) => [source, [...inputs]]));
  for (const [at, { source, length, after }] of turns.entries()) {
    const signal = signals[at];
    if (signal !== null && signal !== undefined) consumer.feed(signal);
    for (const input of toOperator(source, left.get(source)?.splice(0, length) ?? [])) consumer.feed(input);
    if (after === "checkpoint") consumer.checkpoint();
    if (after === "restore") consumer.restore();
  }
}

test("judged by the overall watermark: verdicts, notes, rows and ledger are those of the naive model of one stream", () => {
  fc.assert(
    fc.property(generatedSources, fc.boolean(), ({ definition, steps: drawn }, isEnded) => {
      const end = { input: { kind: "end" }, after: "checkpoint" } as const;
      const steps = isEnded ? [...drawn, end] : drawn;
      const inputs = steps.map(({ input }) => input);
      const { readings, after: naive } = readOverall(definition, inputs);
      const consumer = new OperatorConsumer(definition);
      for (const [at, { input, after }] of steps.entries()) {
        consumer.feed(input);
        if (after === "restore") consumer.restore();
        if (after !== "checkpoint") continue;
        const { read, watermarkMs, maxEventTimeMs } = naive[at] as AfterInput;
        const { ledger, ...outcome } = judgeNaively(definition, readings.slice(0, read));
        const checkpoint = consumer.checkpoint();
        expect(checkpoint).toMatchObject({
          watermarkMs,
          ledger,
          parts: [{ source: null, watermarkMs, maxEventTimeMs, ledger }],
        });
        expectTables(consumer, null, definition, outcome, watermarkMs);
      }
      expect(consumer.judgedOf(null)).toEqual(judgeNaively(definition, readings).judged);
    }),
    { numRuns: 250 },
  );
});

test("judged by the overall watermark: one source alone comes to what a task does", () => {
  fc.assert(
    fc.property(generatedStreams, ({ definition, streams }) => {
      const [[source, inputs] = ["", []]] = streams;
      const consumer = new OperatorConsumer({ ...definition, sources: { judgedBy: "overall" } });
      for (const input of toOperator(source, inputs)) consumer.feed(input);
      const { watermarkMs } = consumer.checkpoint();
      const { judged, ...outcome } = judgeNaively(definition, readStream(definition, inputs));
      expect(watermarkMs).toBe(watermarkAfter(definition, inputs));
      expect(consumer.judgedOf(null)).toEqual(judged);
      expectTables(consumer, null, definition, outcome, watermarkMs);
    }),
    { numRuns: 200 },
  );
});

function expectTables(
  consumer: OperatorConsumer,
  source: string | null,
  definition: OperatorDefinition<Visit>,
  { panes }: Pick<Outcome, "panes">,
  watermarkMs: number,
): void {
  for (const rollup of definition.rollups) {
    const rows = writtenRows(definition, rollup, panes, watermarkMs);
    expect(consumer.tableOf(source, rollup.name)).toEqual(rows);
  }
}
