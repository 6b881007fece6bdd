import { expect, it } from "vitest";
import { checkpointOf, commit, eventAt, identity, noLedger, startMs, tallyOf, windowOf } from "./fixtures.js";
import { timestampRange } from "../../src/tables/index.js";
import type { CurrentStore } from "./sink-contract.js";

const at = { topic: identity.topic, partition: 0 };

/** What a commit writes, as a whole or not at all. */
export function commitContract(store: CurrentStore): void {
  it("writes rows, late and rejected ones, windows, tallies and the checkpoint by value, with where they came from", async () => {
    const sink = store().open();
    const late = {
      ...eventAt(1, -400),
      orderId: "ABCDEF00-0000-4000-8000-000000000000",
      price: null,
      watermark: startMs,
      missed_by_ms: 12_345,
    };
    const rejected = {
      offset: 2,
      bytes: Uint8Array.of(0, 255),
      byte_length: 5_000,
      sha256: Uint8Array.from({ length: 32 }, (_, index) => index),
      reason: "not-utf8",
      field: null,
      expected: "UTF-8",
      received: "0xff",
      watermark: startMs,
    };
    const tombstone = {
      ...rejected,
      offset: 3,
      bytes: null,
      byte_length: null,
      sha256: null,
      field: "placedAt",
      watermark: null,
    };
    const ledger = { ...noLedger, read: 4, counted: 1, late: 1, rejected: 2 };
    const step = checkpointOf([0], 4, { ledger, late: [late], rejected: [rejected, tombstone] });
    await commit(sink, await sink.claim(0, 0), 0, step);
    expect(await store().read()).toEqual({
      rows: [{ ...eventAt(0, 0), ...at }],
      late: [{ ...late, orderId: late.orderId.toLowerCase(), ...at }],
      rejected: [
        { ...rejected, ...at },
        { ...tombstone, ...at },
      ],
      windows: [{ rollup: "orders_5s", ...at, ...windowOf(4) }],
      tallies: [{ tally: "orders_verdicts_1m", ...at, ...tallyOf(1) }],
      checkpoints: [
        {
          ...at,
          epoch: 1,
          startOffset: 0,
          nextOffset: 4,
          watermarkMs: startMs - 300_000,
          maxEventTimeMs: startMs,
          ledger,
        },
      ],
    });
  });

  it("takes a buffer that was filled in several goes, by several checkpoints one after the other", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const buffer = sink.openBuffer(0);
    for (const offset of [0, 1, 2]) buffer.add(checkpointOf([offset], offset + 1));
    await sink.commit(claim, 0, checkpointOf([], 3), buffer);
    await commit(sink, claim, 3, checkpointOf([3], 4));
    expect((await store().read()).rows).toEqual([0, 1, 2, 3].map((offset) => ({ ...eventAt(offset, offset), ...at })));
  });

  it("writes absolute window rows over those of the checkpoint before, and leaves the others", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const jakarta = windowOf(7, startMs, ["South", "1"]);
    const both = { rollup: "orders_5s", rows: [windowOf(1), jakarta] };
    await commit(
      sink,
      claim,
      0,
      checkpointOf([0], 1, { changed: [both, { rollup: "orders_1m", rows: [windowOf(1)] }] }),
    );
    await commit(sink, claim, 1, checkpointOf([1], 2));
    expect((await store().read()).windows).toEqual([
      { rollup: "orders_5s", ...at, ...windowOf(2) },
      { rollup: "orders_5s", ...at, ...jakarta },
      { rollup: "orders_1m", ...at, ...windowOf(1) },
    ]);
  });

  it("adds what each checkpoint counted to a tally's rows, and leaves the others", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const tally = "orders_verdicts_1m";
    const late = tallyOf(3, startMs, ["late", "1 to 10 s"]);
    const first = [{ tally, rows: [tallyOf(7), late, tallyOf(1, startMs - 60_000)] }];
    await commit(sink, claim, 0, checkpointOf([0], 1, { added: first }));
    await commit(sink, claim, 1, checkpointOf([1], 2, { added: [{ tally, rows: [tallyOf(5)] }] }));
    await commit(sink, claim, 2, checkpointOf([2], 3, { added: [] }));
    await commit(sink, await sink.claim(1, 0), 0, checkpointOf([0], 1));
    expect((await store().read()).tallies).toEqual([
      { tally, ...at, ...tallyOf(1, startMs - 60_000) },
      { tally, ...at, ...tallyOf(12) },
      { tally, ...at, ...late },
      { tally, ...at, partition: 1, ...tallyOf(1) },
    ]);
  });

  it("tallies what arrived at the ends of all time, and what came without a time", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const { earliestMs, latestMs } = timestampRange;
    const starts = [-Infinity, earliestMs, -62_135_596_860_000, -60_000, 253_402_300_800_000, latestMs];
    const names = identity.pipeline.data.tables.verdicts.map(({ name }) => name);
    expect(names).toContain("orders_verdicts_1h");
    const added = names.map((tally) => ({ tally, rows: starts.map((start) => tallyOf(1, start)) }));
    for (const offset of [0, 1]) await commit(sink, claim, offset, checkpointOf([offset], offset + 1, { added }));
    const { tallies } = await store().read();
    expect(tallies).toEqual(names.flatMap((tally) => starts.map((start) => ({ tally, ...at, ...tallyOf(2, start) }))));
  });

  it.each([
    ["ledger_read", { ...noLedger, read: 1 }],
    ["ledger_offsets", { ...noLedger, read: 2, counted: 2 }],
  ])("refuses (%s) a ledger that doesn't add up, and writes none of that checkpoint", async (rule, ledger) => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const before = await store().read();
    await expect(commit(sink, claim, 0, checkpointOf([0], 1, { ledger }))).rejects.toThrow(rule);
    expect(await store().read()).toEqual(before);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    expect((await store().read()).rows).toHaveLength(1);
  });

  it.each([
    ["of a rollup that it doesn't know", [{ rollup: "orders_1y", rows: [windowOf(1)] }]],
    ["that come twice", [{ rollup: "orders_5s", rows: [windowOf(1), windowOf(2)] }]],
    ["with a value that its column can't hold", [{ rollup: "orders_5s", rows: [windowOf(0.5)] }]],
  ])("refuses windows %s, and writes none of that checkpoint", async (_which, changed) => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const before = await store().read();
    const refusal = await commit(sink, claim, 0, checkpointOf([0], 1, { changed })).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).not.toMatchObject({ code: "fenced" });
    expect(await store().read()).toEqual(before);
    await commit(sink, claim, 0, checkpointOf([0], 1));
  });

  it.each([
    ["of a tally that it doesn't know", [{ tally: "orders_verdicts_1y", rows: [tallyOf(1)] }]],
    ["that come twice", [{ tally: "orders_verdicts_1m", rows: [tallyOf(1), tallyOf(2)] }]],
    ["with a count that its column can't hold", [{ tally: "orders_verdicts_1m", rows: [tallyOf(0.5)] }]],
    ["with a start that is no time", [{ tally: "orders_verdicts_1m", rows: [tallyOf(1, Number.NaN)] }]],
    [
      "of a start before all time",
      [{ tally: "orders_verdicts_1m", rows: [tallyOf(1, timestampRange.earliestMs - 60_000)] }],
    ],
  ])("refuses counts %s, and writes none of that checkpoint", async (_which, added) => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const before = await store().read();
    const refusal = await commit(sink, claim, 0, checkpointOf([0], 1, { added })).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).not.toMatchObject({ code: "fenced" });
    expect(await store().read()).toEqual(before);
    await commit(sink, claim, 0, checkpointOf([0], 1));
  });

  it("refuses a row with a value that its column can't hold when it is added, naming the column", () => {
    const buffer = store().open().openBuffer(0);
    const rows = [{ ...eventAt(0, 0), cents: 2 ** 31 }];
    expect(() => buffer.add({ rows, late: [], rejected: [] })).toThrow(
      expect.objectContaining({ code: "unencodable", message: expect.stringContaining("cents") }),
    );
  });

  it("refuses the rows of another kind of sink", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    await expect(
      sink.commit(claim, 0, checkpointOf([], 1), { add: () => undefined, isFull: false, bytes: 0 }),
    ).rejects.toThrow(TypeError);
  });

  it("lets nobody see a part of a checkpoint", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const writing = (async () => {
      for (let offset = 0; offset < 40; offset += 2) {
        await commit(sink, claim, offset, checkpointOf([offset, offset + 1], offset + 2));
      }
    })();
    // A commit that fails ends the loop.
    const failure = { isThere: false };
    writing.catch(() => {
      failure.isThere = true;
    });
    for (let last = 0; last < 40 && !failure.isThere;) {
      const { rows, windows, tallies, checkpoints } = await store().read();
      last = checkpoints[0]?.nextOffset ?? 0;
      expect(rows).toHaveLength(last);
      expect(windows[0]?.values[0] ?? 0).toBe(last);
      expect(tallies[0]?.count ?? 0).toBe(last);
      expect(checkpoints[0]?.ledger.counted).toBe(last);
    }
    await writing;
  });
}
