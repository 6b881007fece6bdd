import { expect, it } from "vitest";
import type { PipelineEvent } from "../src/index.js";
import { createRejectionAlarm } from "../src/rejection-alarm.js";

type Processed = Extract<PipelineEvent, { readonly type: "processed" }>;

/** A batch of so many rejected records and counted events. */
function processed(rejected: number, counted = 0, reason = "not-json", bytes: Uint8Array | null = null): PipelineEvent {
  const rejection = { bytes, field: null, expected: "JSON", received: "00", watermark: null };
  return {
    type: "processed",
    partition: 0,
    taken: counted,
    rows: () =>
      ({
        rows: Array.from({ length: counted }, (_, offset) => ({ offset })),
        late: [],
        rejected: Array.from({ length: rejected }, (_, offset) => ({ ...rejection, reason, offset })),
      }) as unknown as ReturnType<Processed["rows"]>,
    lead: undefined,
  };
}

function run(batches: readonly PipelineEvent[]): PipelineEvent[] {
  const told: PipelineEvent[] = [];
  const alarm = createRejectionAlarm(
    (event) => told.push(event),
    () => false,
  );
  for (const batch of batches) alarm(batch);
  return told;
}

it("tells once when twenty records in a row are rejected, with the reason of the newest", () => {
  expect(run([processed(10), processed(9)])).toEqual([]);
  expect(run([processed(10), processed(10), processed(10)])).toEqual([
    { type: "all-rejected", records: 20, reason: "not-json", expected: "JSON", received: "00", cause: undefined },
  ]);
});

it("begins anew with each event that is taken, and tells that it is over", () => {
  expect(run([processed(15), processed(3, 1), processed(15)])).toEqual([]);
  expect(run([processed(20), processed(0, 1)]).map(({ type }) => type)).toEqual(["all-rejected", "rejections-ended"]);
});

it("counts no event from the future", () => {
  expect(run([processed(50, 0, "future")])).toEqual([]);
});

it("names the cause where it is that of all of them, and no other", () => {
  const causeOf = (...values: readonly Uint8Array[]) => {
    const [told] = run(values.map((bytes) => processed(20 / values.length, 0, "not-json", bytes)));
    return told?.type === "all-rejected" ? told.cause : "nothing was told";
  };
  const framed = (id: number) => Uint8Array.of(0, 0, 0, 0, id, 2, 3);
  expect(causeOf(Buffer.from("<a/>"))).toBe("the values are XML");
  expect(causeOf(Buffer.from("<a/>"), Buffer.from("nothing"))).toBeUndefined();
  expect(causeOf(framed(7), framed(8))).toMatch(/schema id 7\), .*; or .*schema id 8\), /);
  expect(causeOf(...Array.from({ length: 20 }, (_, id) => framed(id)))).toBeUndefined();
});
