import fc from "fast-check";
import { expect, it } from "vitest";
import { SinkError, type Claim, type Sink } from "../../src/index.js";
import { checkpointOf, commit, windowOf, type eventAt } from "./fixtures.js";
import type { CurrentStore } from "./sink-contract.js";
import type { StoreContents } from "./test-store.js";

/** Whose commit stands: a compare-and-set on epoch and expected offset. */
export function fenceContract(store: CurrentStore): void {
  it("fences a commit once another has claimed the partition, and writes none of it", async () => {
    const zombie = store().open();
    const claim = await zombie.claim(0, 0);
    await store().open().claim(0, 0);
    const before = await store().read();
    await expect(commit(zombie, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
    expect(await store().read()).toEqual(before);
  });

  it("leaves all that the successor wrote as it was when the zombie wakes", async () => {
    const zombie = store().open();
    const successor = store().open();
    const old = await zombie.claim(0, 0);
    await commit(zombie, old, 0, checkpointOf([0], 1));
    const claim = await successor.claim(0, 0);
    await commit(successor, claim, 1, checkpointOf([1, 2], 3));
    const before = await store().read();
    for (const expected of [0, 1, 3]) {
      const step = checkpointOf([7], expected + 1, { changed: [{ rollup: "orders_5s", rows: [windowOf(999)] }] });
      await expect(commit(zombie, old, expected, step)).rejects.toMatchObject({ code: "fenced" });
    }
    expect(await store().read()).toEqual(before);
    await commit(successor, claim, 3, checkpointOf([3], 4));
  });

  it("fences the repetition of a commit that had succeeded", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    const before = await store().read();
    await expect(commit(sink, claim, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
    expect(await store().read()).toEqual(before);
  });

  it("fences a commit that expects another offset than the one that stands", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    await expect(commit(sink, claim, 5, checkpointOf([5], 6))).rejects.toMatchObject({ code: "fenced" });
    await commit(sink, claim, 0, checkpointOf([0], 1));
  });

  it("fences a commit on a partition that nobody has claimed", async () => {
    const sink = store().open();
    const never = { partition: 4, epoch: 1 };
    await expect(commit(sink, never, 0, checkpointOf([0], 1))).rejects.toMatchObject({ code: "fenced" });
    expect((await store().read()).rows).toEqual([]);
  });

  it("fences nobody on other partitions", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    await store().open().claim(1, 0);
    await commit(sink, claim, 0, checkpointOf([0], 1));
    expect((await store().read()).rows).toHaveLength(1);
  });

  it("gives each of many that claim at once an epoch of its own, and lets the last one commit alone", async () => {
    const sinks = Array.from({ length: 6 }, () => store().open());
    const claims = await Promise.all(sinks.map((sink) => sink.claim(0, 0)));
    expect(claims.map(({ epoch }) => epoch).toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    const commits = await Promise.allSettled(
      sinks.map((sink, index) => commit(sink, claims[index] as Claim, 0, checkpointOf([index], 1))),
    );
    const winner = claims.findIndex(({ epoch }) => epoch === 6);
    expect(commits.map(({ status }) => status === "fulfilled")).toEqual(sinks.map((_, index) => index === winner));
    expect((await store().read()).rows).toMatchObject([{ offset: winner }]);
  });

  it("of one commit sent twice at once, one stands and the other is fenced", async () => {
    const sink = store().open();
    const claim = await sink.claim(0, 0);
    const twice = await Promise.allSettled([1, 2].map(() => commit(sink, claim, 0, checkpointOf([0], 1))));
    expect(twice.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(twice).toContainEqual({ status: "rejected", reason: expect.objectContaining({ code: "fenced" }) });
    expect((await store().read()).rows).toHaveLength(1);
  });

  it("leaves, after any series of claims and commits by three consumers, what one after the other gives", async () => {
    const sinks = [0, 1, 2].map(() => store().open());
    let partition = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 12 }), async (moves) => {
        partition += 1;
        const found = await play(sinks, partition, moves);
        const wanted = foretell(moves);
        expect(found).toEqual(wanted.outcomes);
        const offsets = Array.from({ length: wanted.next }, (_, offset) => offset);
        const contents = await store().read();
        expect(offsetsOf(contents, partition)).toEqual(offsets);
        expect(talliedOf(contents, partition)).toBe(wanted.next);
      }),
      { numRuns: 20 },
    );
  });
}

/** A consumer claims, or commits upon the offset that stands, or upon another. */
const move = fc.record({
  consumer: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom("claim", "commit", "commit", "misplaced"),
  size: fc.integer({ min: 1, max: 3 }),
});
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;
/** What a claim gave as `epoch@nextOffset`, or how a commit ended. */
type Outcome = string;

/** What the moves must give: a commit stands with the newest epoch, upon the offset that stands, and not otherwise. */
function foretell(moves: readonly Move[]): { readonly outcomes: readonly Outcome[]; readonly next: number } {
  const epochs = new Map<number, number>();
  let epoch = 0;
  let next = 0;
  const outcomes = moves.map(({ consumer, kind, size }) => {
    if (kind === "claim") {
      epoch += 1;
      epochs.set(consumer, epoch);
      return `${epoch}@${next}`;
    }
    if (kind === "misplaced" || epoch === 0 || epochs.get(consumer) !== epoch) return "fenced";
    next += size;
    return "written";
  });
  return { outcomes, next };
}

async function play(sinks: readonly Sink[], partition: number, moves: readonly Move[]): Promise<Outcome[]> {
  const held = new Map<number, Pick<Claim, "partition" | "epoch">>();
  let next = 0;
  const outcomes: Outcome[] = [];
  for (const { consumer, kind, size } of moves) {
    const sink = sinks[consumer] as Sink;
    if (kind === "claim") {
      const claim = await sink.claim(partition, 0);
      held.set(consumer, claim);
      outcomes.push(`${claim.epoch}@${claim.nextOffset}`);
      continue;
    }
    const expected = kind === "misplaced" ? next + 1 : next;
    const offsets = Array.from({ length: size }, (_, index) => expected + index);
    const claim = held.get(consumer) ?? { partition, epoch: 0 };
    const outcome = await outcomeOf(commit(sink, claim, expected, checkpointOf(offsets, expected + size)));
    if (outcome === "written") next += size;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function outcomeOf(committing: Promise<void>): Promise<Outcome> {
  try {
    await committing;
    return "written";
  } catch (error) {
    return error instanceof SinkError ? error.code : String(error);
  }
}

function offsetsOf({ rows }: StoreContents, partition: number): number[] {
  const mine = rows as readonly (ReturnType<typeof eventAt> & { readonly partition: number })[];
  return mine.filter((row) => row.partition === partition).map(({ offset }) => offset);
}

function talliedOf({ tallies }: StoreContents, partition: number): number {
  return tallies.filter((row) => row.partition === partition).reduce((sum, { count }) => sum + count, 0);
}
