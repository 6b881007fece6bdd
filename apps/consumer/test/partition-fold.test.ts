import { encode, type SocmedEvent } from "@tidemark/schema";
import type { Checkpoint, Claim, RollupRow } from "@tidemark/sinks";
import { socmedRollups, socmedVerdictTallies } from "@tidemark/sinks/tables";
import type { SourceBatch, SourceRecord } from "@tidemark/sources";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPartitionFold, type FoldedRows } from "../src/partition-fold.js";
import { taskDefinition } from "../src/pipeline.js";
import { emptyLedger } from "../src/progress.js";

const definition = taskDefinition({ watermarkDelayMs: 20_000, allowedLatenessMs: 0, maxFutureSkewMs: 10_000 });
const start = 1_706_979_600;
const unclaimed: Claim = {
  partition: 0,
  epoch: 1,
  startOffset: 0,
  nextOffset: 0,
  watermarkMs: -Infinity,
  maxEventTimeMs: -Infinity,
  ledger: emptyLedger,
  windows: [],
  ids: [],
};

function eventOf(changes: Partial<SocmedEvent> = {}): SocmedEvent {
  return {
    ID: "352ed520-03fb-4933-9d2f-38019883650d",
    Kota: "Bekasi",
    Sosial_Media: "Instagram",
    Usage_Count: 849,
    Sales: 68,
    Visitors: 835,
    PageVisitors: 161,
    Conversion: 364,
    Ts: start,
    ...changes,
  };
}

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const recordOf = (offset: number, value: Uint8Array | null, timestampMs = -1): SourceRecord => ({
  offset,
  timestampMs,
  key: null,
  value,
});
const batchOf = (
  records: readonly SourceRecord[],
  nextOffset: number,
  gaps: Partial<SourceBatch> = {},
): SourceBatch => ({
  records,
  nextOffset,
  skipped: 0,
  lost: 0,
  logEndOffset: nextOffset,
  ...gaps,
});

describe("the partition's fold", () => {
  it("gives a counted event its rates and its place in all rollups", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const folded = fold.take(batchOf([recordOf(0, encode(eventOf()))], 1));
    const checkpoint = fold.checkpoint();
    expect(folded.rows).toEqual([
      { ...eventOf(), conversion_rate: 43.59281437125748, bounce_rate: 19.281437125748504, offset: 0 },
    ]);
    const values = [1, 849, 68, 835, 161, 364, 43.59281437125748, 1, 19.281437125748504, 1];
    expect(checkpoint.changed).toEqual(
      ["socmed_5s", "socmed_1m", "socmed_1h"].map((rollup) => ({
        rollup,
        rows: [{ windowStartMs: start * 1000, keys: ["Bekasi", "Instagram"], values }],
      })),
    );
    expect(checkpoint.watermarkMs).toBe((start - 20) * 1000);
  });

  it("gives no rate to an event without visitors, and leaves it out of the rates' sums and counts", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const { rows } = fold.take(batchOf([recordOf(0, encode(eventOf({ Visitors: 0 })))], 1));
    const { changed } = fold.checkpoint();
    expect(rows).toMatchObject([{ conversion_rate: null, bounce_rate: null }]);
    expect(changed[0]?.rows[0]?.values).toEqual([1, 849, 68, 0, 161, 364, 0, 0, 0, 0]);
  });

  it("keeps a rejected record's bytes and reason, with the watermark that stood", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const bytes = new TextEncoder().encode("{nope");
    const { rejected } = fold.take(batchOf([recordOf(0, bytes), recordOf(1, encode(eventOf())), recordOf(2, null)], 3));
    expect(rejected).toEqual([
      expect.objectContaining({ offset: 0, bytes, reason: "not-json", field: null, watermark: null }),
      expect.objectContaining({ offset: 2, bytes: null, reason: "tombstone", watermark: (start - 20) * 1000 }),
    ]);
  });

  it("quarantines an event beyond its arrival and the allowed skew, and lets it move nothing", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const { rejected } = fold.take(batchOf([recordOf(0, encode(eventOf({ Ts: start + 11 })), start * 1000)], 1));
    const { watermarkMs, ledger } = fold.checkpoint();
    expect(rejected).toMatchObject([
      {
        reason: "future",
        field: "Ts",
        received: "2024-02-03T17:00:11.000Z",
        expected: expect.stringContaining("2024-02-03T17:00:10.000Z"),
      },
    ]);
    expect(watermarkMs).toBe(-Infinity);
    expect(ledger).toMatchObject({ read: 1, quarantined: 1, counted: 0 });
  });

  it("quarantines an event whose record is dated before all that a Date can hold", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const { rejected } = fold.take(batchOf([recordOf(0, encode(eventOf()), -9e18)], 1));
    expect(rejected).toMatchObject([
      { reason: "future", received: "2024-02-03T17:00:00.000Z", expected: expect.stringContaining("ms since 1970") },
    ]);
  });

  it("notes by how much a late event missed its window", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const { late } = fold.take(
      batchOf(
        [recordOf(0, encode(eventOf({ ID: idOf(0) }))), recordOf(1, encode(eventOf({ ID: idOf(1), Ts: start - 26 })))],
        2,
      ),
    );
    expect(late).toMatchObject([{ ID: idOf(1), offset: 1, watermark: (start - 20) * 1000, missed_by_ms: 5_000 }]);
  });

  it("counts what has no record as skipped and lost, so that offsets and ledger agree", () => {
    const fold = createPartitionFold(definition, unclaimed);
    fold.take(batchOf([recordOf(5, encode(eventOf()))], 9, { skipped: 4, lost: 4 }));
    const { ledger, nextOffset } = fold.checkpoint();
    expect(ledger).toEqual({ ...emptyLedger, read: 1, counted: 1, skipped: 4, lost: 4 });
    expect(nextOffset).toBe(9);
  });

  const late = (missedBySeconds: number) =>
    // The watermark stands 20 s behind the first event, and a window ends 5 s after its start.
    encode(eventOf({ ID: idOf(missedBySeconds), Ts: start - 25 - missedBySeconds }));
  const tallied = ({ added = [] }: Checkpoint, name = "socmed_verdicts_1m") =>
    added
      .filter(({ tally }) => tally === name)
      .flatMap(({ rows }) => rows)
      .map(({ windowStartMs, keys, count }) => [(windowStartMs - start * 1000) / 60_000, ...keys, count]);

  it("counts each record by the minute of its arrival, its verdict, and by what that was for", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const at = (seconds: number) => (start + seconds) * 1000;
    const records = [
      recordOf(0, encode(eventOf()), at(0)),
      recordOf(1, encode(eventOf()), at(59.999)),
      recordOf(2, encode(eventOf({ ID: idOf(1) })), at(60)),
      recordOf(3, null, at(61)),
      recordOf(4, encode(eventOf({ ID: idOf(2) })), at(-0.001)),
      recordOf(5, encode(eventOf({ ID: idOf(3), Ts: start + 71 })), at(60)),
      recordOf(6, new TextEncoder().encode("{nope"), at(30)),
      recordOf(7, encode(eventOf({ ID: idOf(4) })), at(1)),
    ];
    fold.take(batchOf(records, records.length));
    expect(tallied(fold.checkpoint())).toEqual([
      [0, "counted", "", 2],
      [0, "duplicate", "", 1],
      [0, "rejected", "not-json", 1],
      [1, "counted", "", 1],
      [1, "quarantined", "future", 1],
      [1, "rejected", "tombstone", 1],
      [-1, "counted", "", 1],
    ]);
    expect(tallied(fold.checkpoint())).toEqual([]);
    fold.take(batchOf([recordOf(8, null, at(0))], 9));
    expect(tallied(fold.checkpoint())).toEqual([[0, "rejected", "tombstone", 1]]);
  });

  it("counts the same by hour, of what came since the last checkpoint", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const minutes = [0, 1, 59, 60, -1];
    const records = minutes.map((minute, offset) => recordOf(offset, null, (start + 60 * minute) * 1000));
    fold.take(batchOf(records, records.length));
    expect(tallied(fold.checkpoint(), "socmed_verdicts_1h")).toEqual([
      [0, "rejected", "tombstone", 3],
      [60, "rejected", "tombstone", 1],
      [-60, "rejected", "tombstone", 1],
    ]);
    fold.take(batchOf([recordOf(5, null, -1)], 6));
    expect(tallied(fold.checkpoint(), "socmed_verdicts_1h")).toEqual([[-Infinity, "rejected", "tombstone", 1]]);
  });

  it("tells late events apart by how much they missed their window", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const missedBy = [0, 5, 10, 55, 60, 595, 600, 3_595, 3_600, 86_400];
    const records = [encode(eventOf()), ...missedBy.map(late)].map((bytes, at) => recordOf(at, bytes, start * 1000));
    fold.take(batchOf(records, records.length));
    expect(tallied(fold.checkpoint())).toEqual([
      [0, "counted", "", 1],
      [0, "late", "under 1 s", 1],
      [0, "late", "1 to 10 s", 1],
      [0, "late", "10 s to 1 min", 2],
      [0, "late", "1 to 10 min", 2],
      [0, "late", "10 min to 1 h", 2],
      [0, "late", "1 h or more", 2],
    ]);
  });

  it("counts what came without a time, or with one that no table can hold, as come at no minute", () => {
    const fold = createPartitionFold(definition, unclaimed);
    const times = [
      -1, -2, 9.2e18, 8_640_000_000_000_000, 8_640_000_000_060_000, -210_866_803_200_000, -210_866_803_200_001, -60_000,
      -1,
    ];
    fold.take(
      batchOf(
        times.map((timestampMs, offset) => recordOf(offset, null, timestampMs)),
        times.length,
      ),
    );
    const [{ rows = [] } = {}] = fold.checkpoint().added ?? [];
    expect(rows.map(({ windowStartMs, count }) => [windowStartMs, count])).toEqual([
      [-Infinity, 5],
      [-60_000, 2],
      [8_640_000_000_000_000, 1],
      [-210_866_803_200_000, 1],
    ]);
  });

  // Dense in lateness, duplicates, window edges, rejects, future times and zero visitors.
  const value = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ id: fc.nat(30), at: fc.integer({ min: -60, max: 60 }), visitors: fc.nat(3) }),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const log = fc.array(value, { maxLength: 80 }).map((values) =>
    values.map((item, offset) => {
      if (item === null) return recordOf(offset, new Uint8Array([123]), (start + offset) * 1000);
      const event = eventOf({
        ID: idOf(item.id),
        Ts: start + item.at,
        Visitors: item.visitors,
        Kota: item.id % 2 === 0 ? "Bogor" : "Depok",
      });
      const arrivalMs = (start + 45 + 30 * (item.id % 3)) * 1000;
      return recordOf(offset, encode(event), item.id % 5 === 0 ? -1 : arrivalMs);
    }),
  );

  it("adds up to the same tables wherever batches, checkpoints and restarts are cut", () => {
    fc.assert(
      fc.property(
        log,
        fc.infiniteStream(fc.nat(9)),
        fc.infiniteStream(fc.constantFrom("go on", "checkpoint", "restart")),
        (records, sizes, cuts) => {
          const whole = new Tables();
          const inOne = createPartitionFold(definition, unclaimed);
          whole.add(inOne.take(batchOf(records, records.length)));
          whole.write(inOne.checkpoint());

          const pieces = new Tables();
          let fold = createPartitionFold(definition, unclaimed);
          for (let at = 0; at < records.length;) {
            const next = Math.min(at + (sizes.next().value ?? 0) + 1, records.length);
            pieces.add(fold.take(batchOf(records.slice(at, next), next)));
            at = next;
            const cut = cuts.next().value;
            if (cut === "go on") continue;
            pieces.write(fold.checkpoint());
            if (cut === "restart") fold = createPartitionFold(definition, pieces.claim());
          }
          pieces.write(fold.checkpoint());
          expect(pieces.contents()).toEqual(whole.contents());
          for (const { name } of socmedVerdictTallies) {
            expect(pieces.byVerdict(name)).toEqual(judged(pieces.contents().ledger));
          }
        },
      ),
    );
  });
});

/** The verdicts that came up, and how often. */
function judged({ counted, duplicate, late, quarantined, rejected } = emptyLedger): Record<string, number> {
  const verdicts = { counted, duplicate, late, quarantined, rejected };
  return Object.fromEntries(Object.entries(verdicts).filter(([, count]) => count > 0));
}

/** What Postgres would hold: rows appended, the windows' rows written over, and the tally's added to. */
class Tables {
  readonly #rows: { readonly offset: number }[] = [];
  readonly #counted: { id: string; timeMs: number }[] = [];
  readonly #windows = new Map<string, { rollup: string; row: RollupRow }>();
  readonly #tally = new Map<string, number>();
  #last: Checkpoint | undefined;

  add({ rows, late, rejected }: FoldedRows): void {
    this.#rows.push(...rows, ...late, ...rejected);
    this.#counted.push(...rows.map((row) => ({ id: row.ID, timeMs: row.Ts * 1000 })));
  }

  write(checkpoint: Checkpoint): void {
    for (const { rollup, rows } of checkpoint.changed) {
      for (const row of rows) this.#windows.set(JSON.stringify([rollup, row.windowStartMs, row.keys]), { rollup, row });
    }
    for (const { tally, rows } of checkpoint.added ?? []) {
      for (const { windowStartMs, keys, count } of rows) {
        const key = JSON.stringify([tally, ...keys, String(windowStartMs)]);
        this.#tally.set(key, (this.#tally.get(key) ?? 0) + count);
      }
    }
    this.#last = checkpoint;
  }

  byVerdict(name: string): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const [key, count] of this.#tally) {
      const [tally, verdict] = JSON.parse(key);
      if (tally !== name) continue;
      sums[verdict] = (sums[verdict] ?? 0) + count;
    }
    return sums;
  }

  /** With rows of closed windows and dead ids among them, as a coarse query would give. */
  claim(): Claim {
    if (this.#last === undefined) return unclaimed;
    const { nextOffset, watermarkMs, maxEventTimeMs, ledger } = this.#last;
    const windows = socmedRollups.map(({ name: rollup }) => ({
      rollup,
      rows: [...this.#windows.values()].filter((entry) => entry.rollup === rollup).map((entry) => entry.row),
    }));
    return { ...unclaimed, nextOffset, watermarkMs, maxEventTimeMs, ledger, windows, ids: this.#counted };
  }

  contents() {
    return {
      rows: this.#rows.toSorted((a, b) => a.offset - b.offset),
      windows: [...this.#windows].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      tally: [...this.#tally].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ledger: this.#last?.ledger,
      watermarkMs: this.#last?.watermarkMs,
    };
  }
}
