import { defineEvent } from "@tidemark/schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { count, definePipeline, tumbling } from "../src/definition/index.js";
import { createPartitionProcessor } from "../src/partition-processor.js";
import { claimOf } from "./events.js";

const schema = z.object({ at: z.int() });
const pipeline = definePipeline({
  name: "visits",
  event: defineEvent(schema, { time: { field: "at", unit: "s" } }),
  time: { field: "at", unit: "s" },
  watermark: { delay: "1m", maxFutureSkew: "1m" },
  rollups: [{ name: "visits_1m", window: tumbling("1m"), keys: [], aggregates: { visits: count() } }],
});

interface Sent {
  /** Seconds since 1970; null: no event. */
  readonly at: number | null;
  readonly timestamp: number;
}

const recordsOf = (sent: readonly Sent[], from = 0) =>
  sent.map(({ at, timestamp }, index) => ({
    offset: from + index,
    key: null,
    value: at === null ? null : new TextEncoder().encode(JSON.stringify({ at })),
    timestampMs: timestamp === -1 ? -1 : timestamp * 1000,
  }));

/** The lead behind these records, processed in batches of so many. */
function leadOf(sent: readonly Sent[], size = sent.length) {
  const processor = createPartitionProcessor(pipeline, claimOf(0));
  const records = recordsOf(sent);
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    const nextOffset = at + part.length;
    processor.process({ records: part, nextOffset, skipped: 0, lost: 0, logEndOffset: records.length });
  }
  return processor.lead;
}

const noon = 1_709_294_400;

describe("the event that set the watermark", () => {
  it("is there from the first event on, with its place, its time and what arrived behind it", () => {
    expect(leadOf([{ at: null, timestamp: noon }])).toBeUndefined();
    const sent = [
      { at: noon, timestamp: noon },
      { at: noon + 3_000, timestamp: noon + 3_001 },
      { at: noon + 1, timestamp: noon + 1 },
      { at: null, timestamp: noon + 3 },
      { at: noon + 2, timestamp: -1 },
    ];
    expect(leadOf(sent)).toEqual({
      watermarkMs: (noon + 2_940) * 1000,
      eventTimeMs: (noon + 3_000) * 1000,
      offset: 1,
      timestampMs: (noon + 3_001) * 1000,
      followers: 2,
      newestArrivalMs: (noon + 3) * 1000,
      lastTimestampMs: -1,
    });
  });

  it("is never a quarantined one", () => {
    const ahead = { at: noon + 3_000, timestamp: noon };
    expect(leadOf([{ at: noon, timestamp: noon }, ahead])).toMatchObject({ offset: 0, followers: 1 });
    expect(leadOf([ahead, { ...ahead, timestamp: ahead.at }])).toMatchObject({ offset: 1, followers: 0 });
  });

  it("is the same wherever batches are cut", () => {
    const item = fc.record({
      at: fc.option(fc.integer({ min: noon, max: noon + 200 }), { nil: null }),
      timestamp: fc.oneof(fc.integer({ min: noon - 100, max: noon + 300 }), fc.constant(-1)),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 30 }), (sent, size) => {
        expect(leadOf(sent, size)).toEqual(leadOf(sent));
      }),
    );
  });
});
