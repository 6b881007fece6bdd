import { expect, test } from "vitest";
import { createWatermarks } from "../../src/index.js";
import { nameColumns, perMinute, readAnswers, readVisits, type SparkAnswers, type Visit } from "./spark-golden.js";
import { TwinTask } from "./twin-task.js";

const visits = readVisits();

test("with no lateness the windows are those of Spark's batch mode", () => {
  const answers = readAnswers("expected-batch-tumbling-1m.json.gz");
  const task = new TwinTask(perMinute);
  const { verdicts } = task.step(visits);
  task.advance(Infinity);
  expect(verdicts.filter((verdict) => verdict === "counted")).toHaveLength(answers.meta.input_rows);
  compare(task.checkpoint().closed.map(nameColumns), answers);
});

// Late in a batch is what the watermark of the batch before had closed; closed at its end what its own watermark closes, which is of the
// events that earlier batches read.
test("with Spark's watermark of each batch the windows are those that it streams, batch by batch", () => {
  const answers = readAnswers("expected-stream-tumbling-1m.json.gz");
  const { batches } = answers.meta;
  const watermarks = createWatermarks({ delayMs: 5 * 60_000, initialWatermarkMs: 0 });
  const task = new TwinTask({ ...perMinute, initialWatermarkMs: 0 });
  const given: Record<string, unknown>[] = [];
  let dropped = 0;
  let read = 0;
  for (const batch of batches) {
    const events = visits.slice(read, read + batch.in);
    read += batch.in;
    const watermarkMs = watermarks.overallMs;
    expect(new Date(watermarkMs).toISOString(), `watermark of batch ${batch.batch}`).toBe(batch.watermark);

    const { late } = task.step(events);
    task.advance(watermarkMs);
    const closed = task.checkpoint().closed.map(nameColumns);
    given.push(...closed.map((row) => ({ emitted_in_batch: batch.batch, ...row })));
    for (const { at } of events) watermarks.observe("log", at * 1000);

    // Spark counts what is left of late events once those of one key and window are added up.
    const groups = late.map(({ index }) => events[index]).map((event) => JSON.stringify(groupOf(event)));
    expect([new Set(groups).size], `dropped in batch ${batch.batch}`).toEqual(batch.dropped_by_watermark);
    expect([task.open.size], `rows after batch ${batch.batch}`).toEqual(batch.state_rows);
    dropped += late.length;
  }
  expect(read).toBe(visits.length);
  compare(given, answers);
  const counted = given.reduce((sum, row) => sum + Number(row["n"]), 0);
  const open = [...task.open.values()].reduce((sum, { values }) => sum + Number(values["n"]), 0);
  expect(counted + open + dropped).toBe(read);
});

test("an answer that is a little different is not taken for the same", () => {
  const answers = readAnswers("expected-batch-tumbling-1m.json.gz");
  const task = new TwinTask(perMinute);
  task.step(visits.slice(1));
  task.advance(Infinity);
  const rows = task.checkpoint().closed.map(nameColumns);
  expect(() => compare(rows, answers)).toThrow("expected");
});

function groupOf(event: Visit | undefined): unknown {
  return event && [event.place, event.site, Math.floor(event.at / 60)];
}

/** The same rows, in any order: integers and keys exactly, means to 1e-9. */
function compare(rows: readonly Record<string, unknown>[], { columns, rows: expected }: SparkAnswers): void {
  const identity = (row: Record<string, unknown>) => JSON.stringify([row["start"], row["place"], row["site"]]);
  const byIdentity = new Map(rows.map((row) => [identity(row), row]));
  expect(byIdentity.size).toBe(rows.length);
  expect(rows).toHaveLength(expected.length);
  for (const values of expected) {
    const row = Object.fromEntries(columns.map((column, at) => [column, values[at]]));
    const ours = byIdentity.get(identity(row)) ?? {};
    const unequal = columns.filter((column) => !areEqual(column, row[column], ours[column]));
    expect(unequal, `${JSON.stringify(ours)} is not ${JSON.stringify(row)}`).toEqual([]);
  }
}

function areEqual(column: string, expected: unknown, ours: unknown): boolean {
  if (!column.startsWith("avg_") || typeof expected !== "number" || typeof ours !== "number") return ours === expected;
  return Math.abs(ours - expected) <= 1e-9 * Math.abs(expected);
}
