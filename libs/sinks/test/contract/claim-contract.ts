import { expect, it } from "vitest";
import {
  checkpointOf,
  commit,
  eventAt,
  identity,
  noLedger,
  pipelineWith,
  startMs,
  startSeconds,
  windowOf,
} from "./fixtures.js";
import type { RollupData } from "../../src/tables/index.js";
import type { CurrentStore } from "./sink-contract.js";

/** What a claim gives, and whom it refuses. */
export function claimContract(store: CurrentStore): void {
  it("gives an empty partition at its first claim, beginning where the log begins", async () => {
    expect(await store().open().claim(3, 40)).toEqual({
      partition: 3,
      epoch: 1,
      startOffset: 40,
      nextOffset: 40,
      watermarkMs: -Infinity,
      maxEventTimeMs: -Infinity,
      ledger: noLedger,
      windows: [],
      ids: [],
    });
  });

  it("takes another epoch each time, and keeps the offset at which the partition began", async () => {
    await store().open().claim(0, 40);
    expect(await store().open().claim(0, 70)).toMatchObject({ epoch: 2, startOffset: 40, nextOffset: 40 });
  });

  it("says whose claim it follows, where that is another's", async () => {
    const first = store().open();
    expect((await first.claim(0, 0)).takenFrom).toBeUndefined();
    expect((await store().open({ owner: "second" }).claim(0, 0)).takenFrom).toBe("first");
    expect((await first.claim(0, 0)).takenFrom).toBe("second");
    expect((await first.claim(0, 0)).takenFrom).toBeUndefined();
  });

  it("gives back the newest record that was read, whatever its timestamp, and none before the first", async () => {
    const sink = store().open();
    const lastRecord = { offset: 9, timestampMs: 9_223_372_036_854_775_000, digest: "0a1b" };
    const claim = await sink.claim(0, 0);
    expect(claim.lastRecord).toBeUndefined();
    await commit(sink, claim, 0, checkpointOf([0], 10, { lastRecord }));
    expect((await store().open().claim(0, 0)).lastRecord).toEqual(lastRecord);
  });

  it("gives back what the checkpoint wrote: offset, watermark, ledger, open windows, live ids", async () => {
    const sink = store().open();
    const ledger = {
      read: 9,
      counted: 2,
      duplicate: 3,
      late: 1,
      quarantined: 1,
      rejected: 1,
      refused: 1,
      skipped: 5,
      lost: 6,
    };
    const changed = [
      { rollup: "orders_5s", rows: [windowOf(2), windowOf(1, startMs, ["South", "1"])] },
      { rollup: "orders_1m", rows: [windowOf(3)] },
      { rollup: "orders_1h", rows: [windowOf(4)] },
    ];
    await commit(sink, await sink.claim(0, 0), 0, checkpointOf([0, 1], 20, { ledger, changed }));
    const claim = await store().open().claim(0, 0);
    expect({ ...claim, windows: [], ids: [...claim.ids] }).toEqual({
      partition: 0,
      epoch: 2,
      startOffset: 0,
      nextOffset: 20,
      watermarkMs: startMs - 300_000,
      maxEventTimeMs: startMs,
      maxEventOffset: 0,
      ledger,
      windows: [],
      ids: [
        { id: eventAt(0, 0).orderId, timeMs: startMs },
        { id: eventAt(1, 1).orderId, timeMs: startMs + 1000 },
      ],
    });
    expect(claim.windows.map(({ rollup, rows }) => ({ rollup, rows: byKeys(rows) }))).toEqual(changed);
  });

  it("gives no window that was closed, and every one that was open, to the millisecond", async () => {
    const sink = store().open();
    const changed = [
      { rollup: "orders_5s", rows: [windowOf(1, startMs), windowOf(2, startMs + 5_000)] },
      { rollup: "orders_1m", rows: [windowOf(3, startMs), windowOf(4, startMs - 60_000)] },
      { rollup: "orders_1h", rows: [windowOf(5, startMs)] },
    ];
    const opens = async (expectedOffset: number, watermarkMs: number) => {
      const step = checkpointOf([], expectedOffset + 1, { changed, watermarkMs, maxEventTimeMs: watermarkMs });
      await commit(sink, await sink.claim(0, 0), expectedOffset, step);
      const { windows } = await sink.claim(0, 0);
      return windows.map(({ rows }) => rows.map(({ values }) => values[0]));
    };
    expect(await opens(0, startMs + 4_999)).toEqual([[1, 2], [3], [5]]);
    expect(await opens(1, startMs + 5_000)).toEqual([[2], [3], [5]]);
    expect(await opens(2, startMs + 59_999)).toEqual([[], [3], [5]]);
    expect(await opens(3, startMs + 60_000)).toEqual([[], [], [5]]);
    expect(await opens(4, startMs + 3_599_999)).toEqual([[], [], [5]]);
    expect(await opens(5, startMs + 3_600_000)).toEqual([[], [], []]);
  });

  it("keeps a window open, and its ids alive, for the allowed lateness", async () => {
    const sink = store().open({ pipeline: pipelineWith({ allowedLatenessMs: 2_000 }) });
    const claim = await sink.claim(0, 0);
    await commit(sink, claim, 0, checkpointOf([0], 1, { watermarkMs: startMs + 6_999 }));
    const alive = await sink.claim(0, 0);
    expect(alive.windows[0]?.rows).toEqual([windowOf(1)]);
    expect([...alive.ids]).toEqual([{ id: eventAt(0, 0).orderId, timeMs: startMs }]);
    await commit(sink, alive, 1, checkpointOf([], 2, { changed: [], watermarkMs: startMs + 7_000 }));
    expect(await sink.claim(0, 0)).toMatchObject({ windows: [{ rows: [] }, { rows: [] }, { rows: [] }], ids: [] });
  });

  it("gives every id whose window is open, and none of an event a window's length behind the watermark", async () => {
    const sink = store().open();
    const rows = [0, 1, 4, 5, 9].map((second, offset) => eventAt(offset, second));
    await commit(sink, await sink.claim(0, 0), 0, checkpointOf([], 5, { rows, watermarkMs: startMs + 6_000 }));
    const { ids } = await sink.claim(0, 0);
    const seconds = [...ids].map(({ timeMs }) => timeMs / 1000 - startSeconds);
    expect(seconds).toEqual(expect.arrayContaining([5, 9]));
    expect(seconds).not.toContain(0);
    expect(seconds).not.toContain(1);
  });

  it("gives nothing of other partitions and other topics", async () => {
    const sink = store().open();
    const other = store().open({ topic: "tweets" });
    await commit(sink, await sink.claim(0, 0), 0, checkpointOf([0], 1));
    const elsewhere = { changed: [{ rollup: "orders_5s", rows: [windowOf(9, startMs, ["South", "1"])] }] };
    await commit(sink, await sink.claim(1, 0), 0, checkpointOf([0, 1], 2, elsewhere));
    await commit(other, await other.claim(0, 0), 0, checkpointOf([0, 1, 2], 3, elsewhere));
    const claim = await sink.claim(0, 0);
    expect(claim).toMatchObject({ epoch: 2, nextOffset: 1 });
    expect([...claim.ids]).toMatchObject([{ id: eventAt(0, 0).orderId }]);
    expect(claim.windows).toEqual([
      { rollup: "orders_5s", rows: [windowOf(1)] },
      { rollup: "orders_1m", rows: [] },
      { rollup: "orders_1h", rows: [] },
    ]);
  });

  it("keeps the checkpoints of two pipelines that read one topic apart, whatever groups they have", async () => {
    const [first, second] = [store().open(), store().open({ pipeline: pipelineWith({ name: "other" }), group: "g" })];
    await commit(first, await first.claim(0, 0), 0, checkpointOf([], 5, { changed: [] }));
    expect(await second.claim(0, 3)).toMatchObject({ epoch: 1, startOffset: 3, nextOffset: 3, windows: [], ids: [] });
    expect(await first.claim(0, 0)).toMatchObject({ epoch: 2, nextOffset: 5 });
  });

  it("says in what a definition that it refuses differs from the stored one", async () => {
    await store().open().claim(0, 0);
    const [base, ...coarser] = identity.pipeline.data.rollups;
    const rollups = [{ ...base, keys: ["shop"] } as RollupData, ...coarser];
    const other = store().open({ topic: "another", pipeline: pipelineWith({ watermarkDelayMs: 1, rollups }) });
    await expect(other.claim(0, 0)).rejects.toMatchObject({
      code: "refused-definition",
      message: expect.stringContaining(
        '(watermark.delay: stored 5m, given 1ms; rollups[0].keys[1]: stored "channel", given nothing)',
      ),
      differences: [
        { path: "watermarkDelayMs", stored: 300_000, given: 1 },
        { path: "rollups[0].keys[1]", stored: "channel", given: undefined },
      ],
    });
  });

  it("keeps a partition without an event without a watermark", async () => {
    const sink = store().open();
    const ledger = { ...noLedger, read: 1, rejected: 1 };
    const never = { watermarkMs: -Infinity, maxEventTimeMs: -Infinity };
    await commit(sink, await sink.claim(0, 0), 0, checkpointOf([], 1, { ...never, ledger, changed: [] }));
    expect(await sink.claim(0, 0)).toMatchObject({ ...never, nextOffset: 1, ledger, windows: [], ids: [] });
  });

  it.each([
    ["refused-group", { group: "another" }],
    ["refused-cluster", { clusterId: "cluster-2" }],
    ["refused-definition", { pipeline: pipelineWith({ watermarkDelayMs: 1 }) }],
  ])("refuses (%s) an identity other than the one stored, and leaves the owner alone", async (code, other) => {
    const owner = store().open();
    const claim = await owner.claim(0, 0);
    await expect(store().open(other).claim(0, 0)).rejects.toMatchObject({ code });
    await expect(store().open(other).claim(1, 0)).rejects.toMatchObject({ code });
    await commit(owner, claim, 0, checkpointOf([0], 1));
    expect((await store().read()).checkpoints).toMatchObject([{ partition: 0, epoch: 1, nextOffset: 1 }]);
  });

  it("takes one of two identities that begin at once, on whatever partitions", async () => {
    for (const topic of ["a", "b", "c", "d", "e", "f"]) {
      const pipeline = pipelineWith({ name: topic });
      const other = pipelineWith({ name: topic, watermarkDelayMs: 1 });
      const sinks = [store().open({ topic, pipeline }), store().open({ topic, pipeline: other })];
      const outcomes = await Promise.all(
        sinks.map((sink, first) =>
          Promise.allSettled([first, first + 2, first + 4].map((partition) => sink.claim(partition, 0))),
        ),
      );
      const refusals = outcomes.map((claims) => claims.filter(({ status }) => status === "rejected"));
      expect(refusals.map(({ length }) => length).toSorted()).toEqual([0, 3]);
      const refusal = { status: "rejected", reason: expect.objectContaining({ code: "refused-definition" }) };
      expect(refusals.flat()).toEqual([refusal, refusal, refusal]);
      await Promise.all(sinks.map((sink) => sink.close()));
    }
  });

  it("rejects with `closed` once the sink is closed", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    await sink.close();
    await expect(sink.claim(0, 0)).rejects.toMatchObject({ code: "closed" });
    await expect(commit(sink, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "closed" });
  });
}

function byKeys<T extends { readonly keys: readonly string[] }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (a.keys.join("|") < b.keys.join("|") ? -1 : 1));
}
