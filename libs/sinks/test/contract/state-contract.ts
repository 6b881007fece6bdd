import { expect, it } from "vitest";
import type { Claim, RollupRow, Sink } from "../../src/index.js";
import { orderPipeline } from "../orders.js";
import { checkpointOf, commit, noLedger, startMs, windowOf } from "./fixtures.js";
import type { CurrentStore } from "./sink-contract.js";

/** A claim refuses windows that do not hold the events that the ledger counts. */
export function stateContract(store: CurrentStore): void {
  const pipeline = orderPipeline();
  const names = pipeline.data.rollups.map(({ name }) => name);

  async function write(sink: Sink, figures: Readonly<Record<string, readonly RollupRow[]>>, counted: number, at = 0) {
    const claim = await sink.claim(0, 0);
    const changed = Object.entries(figures).map(([rollup, rows]) => ({ rollup, rows }));
    const ledger = { ...noLedger, read: counted, counted };
    const times = { watermarkMs: startMs + at, maxEventTimeMs: startMs + at };
    await commit(sink, claim, claim.nextOffset, checkpointOf([], counted, { ledger, changed, ...times }));
  }
  const each = (rows: readonly RollupRow[]) => Object.fromEntries(names.map((name) => [name, rows]));
  const refused = (path: string, stored: number, given: number) => ({
    code: "inconsistent-state",
    differences: [{ path, stored, given }],
  });

  it("takes windows that add up to the ledger, those that are closed too", async () => {
    const sink = store().open({ pipeline });
    await write(sink, each([windowOf(2), windowOf(1, startMs, ["South", "1"])]), 3);
    expect(await sink.claim(0, 0)).toMatchObject({ epoch: 2 });
    await write(sink, each([windowOf(4, startMs + 7_200_000)]), 7, 7_200_000);
    expect(await sink.claim(0, 0)).toMatchObject({ epoch: 4, ledger: { counted: 7 } });
  });

  it("refuses windows that were written without what they held before, and leaves the claim as it was", async () => {
    const sink = store().open({ pipeline });
    await write(sink, each([windowOf(2)]), 2);
    // Of the five events of this window, a program that restored none knows three.
    await write(sink, each([windowOf(3)]), 5);
    await expect(sink.claim(0, 0)).rejects.toMatchObject(refused("orders_1h.orders", 3, 5));
    expect((await store().read()).checkpoints).toMatchObject([{ epoch: 2 }]);
  });

  it("refuses open windows of a finer rollup that hold other events than the coarsest", async () => {
    const sink = store().open({ pipeline });
    await write(sink, { ...each([windowOf(5)]), orders_5s: [windowOf(4)] }, 5);
    await expect(sink.claim(0, 0)).rejects.toMatchObject(refused("orders_5s.orders of open windows", 4, 5));
  });

  it("asks nothing of a finer rollup's closed windows, which retention may have dropped", async () => {
    const sink = store().open({ pipeline });
    await write(sink, { ...each([windowOf(5)]), orders_5s: [] }, 5, 3_600_000);
    const claim: Claim = await sink.claim(0, 0);
    expect(claim.windows.map(({ rows }) => rows)).toEqual([[], [], []]);
  });
}
