import { EMPTY_LEDGER, type ProcessedRows } from "@tidemark/pipeline";
import { socmedEvent } from "@tidemark/socmed";
import type { Checkpoint, Claim, RollupRow } from "@tidemark/sinks";
import { socmedRollups, socmedVerdictTallies } from "@tidemark/socmed/tables";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchOf, createProcessor, eventOf, idOf, recordOf, start, unclaimed } from "./processor-fixtures.js";

describe("the partition's processor", () => {
  it("gives a counted event its rates and its place in all rollups", () => {
    const processor = createProcessor(unclaimed);
    const processed = processor.process(batchOf([recordOf(0, socmedEvent.encode(eventOf()))], 1));
    const checkpoint = processor.checkpoint();
    expect(processed.rows).toEqual([
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
    const processor = createProcessor(unclaimed);
    const { rows } = processor.process(batchOf([recordOf(0, socmedEvent.encode(eventOf({ Visitors: 0 })))], 1));
    const { changed } = processor.checkpoint();
    expect(rows).toMatchObject([{ conversion_rate: null, bounce_rate: null }]);
    expect(changed[0]?.rows[0]?.values).toEqual([1, 849, 68, 0, 161, 364, 0, 0, 0, 0]);
  });

  it("keeps a rejected record's bytes and reason, with the watermark that stood", () => {
    const processor = createProcessor(unclaimed);
    const bytes = new TextEncoder().encode("{nope");
    const { rejected } = processor.process(
      batchOf([recordOf(0, bytes), recordOf(1, socmedEvent.encode(eventOf())), recordOf(2, null)], 3),
    );
    expect(rejected).toEqual([
      expect.objectContaining({ offset: 0, bytes, reason: "not-json", field: null, watermark: null }),
      expect.objectContaining({ offset: 2, bytes: null, reason: "tombstone", watermark: (start - 20) * 1000 }),
    ]);
  });

  it("quarantines an event beyond its arrival and the allowed skew, and lets it move nothing", () => {
    const processor = createProcessor(unclaimed);
    const { rejected } = processor.process(
      batchOf([recordOf(0, socmedEvent.encode(eventOf({ Ts: start + 11 })), start * 1000)], 1),
    );
    const { watermarkMs, ledger } = processor.checkpoint();
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
    const processor = createProcessor(unclaimed);
    const { rejected } = processor.process(batchOf([recordOf(0, socmedEvent.encode(eventOf()), -9e18)], 1));
    expect(rejected).toMatchObject([
      { reason: "future", received: "2024-02-03T17:00:00.000Z", expected: expect.stringContaining("ms since 1970") },
    ]);
  });

  it("notes by how much a late event missed its window", () => {
    const processor = createProcessor(unclaimed);
    const { late } = processor.process(
      batchOf(
        [
          recordOf(0, socmedEvent.encode(eventOf({ ID: idOf(0) }))),
          recordOf(1, socmedEvent.encode(eventOf({ ID: idOf(1), Ts: start - 26 }))),
        ],
        2,
      ),
    );
    expect(late).toMatchObject([{ ID: idOf(1), offset: 1, watermark: (start - 20) * 1000, missed_by_ms: 5_000 }]);
  });

  it("counts what has no record as skipped and lost, so that offsets and ledger agree", () => {
    const processor = createProcessor(unclaimed);
    processor.process(batchOf([recordOf(5, socmedEvent.encode(eventOf()))], 9, { skipped: 4, lost: 4 }));
    const { ledger, nextOffset } = processor.checkpoint();
    expect(ledger).toEqual({ ...EMPTY_LEDGER, read: 1, counted: 1, skipped: 4, lost: 4 });
    expect(nextOffset).toBe(9);
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
      return recordOf(offset, socmedEvent.encode(event), item.id % 5 === 0 ? -1 : arrivalMs);
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
          const inOne = createProcessor(unclaimed);
          whole.add(inOne.process(batchOf(records, records.length)));
          whole.write(inOne.checkpoint());

          const pieces = new Tables();
          let processor = createProcessor(unclaimed);
          for (let at = 0; at < records.length;) {
            const next = Math.min(at + (sizes.next().value ?? 0) + 1, records.length);
            pieces.add(processor.process(batchOf(records.slice(at, next), next)));
            at = next;
            const cut = cuts.next().value;
            if (cut === "go on") continue;
            pieces.write(processor.checkpoint());
            if (cut === "restart") processor = createProcessor(pieces.claim());
          }
          pieces.write(processor.checkpoint());
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
function judged({ counted, duplicate, late, quarantined, rejected } = EMPTY_LEDGER): Record<string, number> {
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

  add({ rows, late, rejected }: ProcessedRows): void {
    this.#rows.push(...rows, ...late, ...rejected);
    this.#counted.push(...rows.map((row) => ({ id: String(row["ID"]), timeMs: Number(row["Ts"]) * 1000 })));
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
