import { expect, it } from "vitest";
import type { Claim, CountedId, Sink } from "../../src/index.js";
import { checkpointOf, commit, eventAt, identity, noLedger, startMs, type Step } from "./fixtures.js";
import type { CurrentStore } from "./sink-contract.js";

const { topic } = identity;
const idOf = (number: number) => eventAt(number, 0).orderId;

/** Ids are counted until `liveUntilMs`, by a partition whose watermark is `watermarkMs`. */
function stepOf(numbers: readonly number[], times: Partial<Pick<CountedId, "liveUntilMs" | "watermarkMs">> = {}): Step {
  const { liveUntilMs = startMs + 5_000, watermarkMs = -Infinity } = times;
  const rows = numbers.map((number, offset) => ({ ...eventAt(offset, 0), orderId: idOf(number) }));
  const ids = rows.map(({ orderId, offset }) => ({ id: orderId, offset, liveUntilMs, watermarkMs }));
  return checkpointOf([], numbers.length, { rows, ids });
}

/** The same step when some of its events are copies of others'. */
function withCopies(step: Step, offsets: ReadonlySet<number>): Step {
  const rows = step.rows as readonly ReturnType<typeof eventAt>[];
  const { nextOffset } = step;
  return {
    ...step,
    ledger: { ...noLedger, read: nextOffset, counted: nextOffset - offsets.size, duplicate: offsets.size },
    rows: rows.filter(({ offset }) => !offsets.has(offset)),
    ids: (step.ids ?? []).filter(({ offset }) => !offsets.has(offset)),
    copies: rows.filter(({ offset }) => offsets.has(offset)).map(({ orderId, offset }) => ({ id: orderId, offset })),
  };
}

/** What a consumer does: what turns out to be taken becomes a copy, from a new claim. */
async function commitAll(sink: Sink, partition: number, step: Step): Promise<void> {
  const copies = new Set<number>();
  for (;;) {
    const claim = await sink.claim(partition, 0);
    const error = await commit(sink, claim, 0, withCopies(step, copies)).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (error === undefined) return;
    expect(error).toMatchObject({ code: "taken-ids" });
    for (const { offset } of (error as { taken: readonly { offset: number }[] }).taken) copies.add(offset);
  }
}

/** Ids are unique over all partitions of a topic. */
export function topicIdsContract(store: CurrentStore): void {
  const claimed = async (sink: Sink, partition: number): Promise<Claim> => sink.claim(partition, 0);

  it("finds the ids that other partitions of the topic have counted, and until when they are taken", async () => {
    const sink = store().open();
    await commit(sink, await claimed(sink, 0), 0, stepOf([1, 2]));
    const other = store().open({ topic: "another-topic" });
    expect(await sink.findTaken(1, [idOf(3), idOf(2), idOf(1)])).toEqual(
      new Map([
        [1, startMs + 5_000],
        [2, startMs + 5_000],
      ]),
    );
    expect(await sink.findTaken(0, [idOf(1)])).toEqual(new Map());
    expect(await other.findTaken(1, [idOf(1)])).toEqual(new Map());
    expect(await sink.findTaken(1, [])).toEqual(new Map());
    expect(await sink.findTaken(1, [null, idOf(2), null])).toEqual(new Map([[1, startMs + 5_000]]));
  });

  it("refuses a checkpoint with an id that another partition has counted, and writes none of it", async () => {
    const sink = store().open();
    await commit(sink, await claimed(sink, 0), 0, stepOf([1]));
    const claim = await claimed(sink, 1);
    const before = await store().read();
    await expect(commit(sink, claim, 0, stepOf([7, 1]))).rejects.toMatchObject({
      code: "taken-ids",
      taken: [{ offset: 1, liveUntilMs: startMs + 5_000 }],
    });
    expect(await store().read()).toEqual(before);
    await commit(sink, claim, 0, withCopies(stepOf([7, 1]), new Set([1])));
    expect(await store().readIds()).toEqual({
      ids: [
        { topic, id: idOf(1), partition: 0, live_until: startMs + 5_000 },
        { topic, id: idOf(7), partition: 1, live_until: startMs + 5_000 },
      ],
      copies: [{ topic, partition: 1, offset: 1, id: idOf(1) }],
    });
  });

  it("takes an id that is free at the partition's own watermark, and then it lives longer for all", async () => {
    const sink = store().open();
    await commit(sink, await claimed(sink, 0), 0, stepOf([1], { liveUntilMs: startMs + 5_000 }));
    const claim = await claimed(sink, 1);
    const justBefore = stepOf([1], { liveUntilMs: startMs + 65_000, watermarkMs: startMs + 4_999 });
    await expect(commit(sink, claim, 0, justBefore)).rejects.toMatchObject({ code: "taken-ids" });
    const free = stepOf([1], { liveUntilMs: startMs + 65_000, watermarkMs: startMs + 5_000 });
    await commit(sink, claim, 0, free);
    const { ids } = await store().readIds();
    expect(ids).toEqual([{ topic, id: idOf(1), partition: 1, live_until: startMs + 65_000 }]);
    expect(await sink.findTaken(2, [idOf(1)])).toEqual(new Map([[0, startMs + 65_000]]));
  });

  it("takes an id that becomes free within one checkpoint, and keeps it until the later time", async () => {
    const sink = store().open();
    const first = stepOf([1, 1]);
    const [one, again] = first.ids as readonly [CountedId, CountedId];
    const ids = [one, { ...again, liveUntilMs: startMs + 65_000, watermarkMs: startMs + 5_000 }];
    await commit(sink, await claimed(sink, 0), 0, { ...first, ids });
    expect((await store().readIds()).ids).toEqual([{ topic, id: idOf(1), partition: 0, live_until: startMs + 65_000 }]);
  });

  it("lets a partition take an id again that is its own", async () => {
    const sink = store().open();
    const claim = await claimed(sink, 0);
    await commit(sink, claim, 0, stepOf([1]));
    const again = { ...stepOf([1]), nextOffset: 2, ledger: { ...noLedger, read: 2, counted: 2 } };
    await commit(sink, claim, 1, again);
    expect((await store().readIds()).ids).toHaveLength(1);
  });

  it("counts each id once, whichever partitions bring it at once and in which order", async () => {
    const partitions = [0, 1, 2, 3];
    const numbers = Array.from({ length: 300 }, (_, at) => at);
    // Two sinks, as of two consumers.
    const sinks = [store().open(), store().open({ owner: "second" })] as const;
    await Promise.all(
      partitions.map((partition) => {
        const turned = partition % 2 === 0 ? numbers : numbers.toReversed();
        // Each lacks some, so that each wins some.
        return commitAll(
          sinks[partition % 2 === 0 ? 0 : 1],
          partition,
          stepOf(turned.filter((n) => n % 5 !== partition)),
        );
      }),
    );
    const { rows } = await store().read();
    const counted = rows.map((row) => (row as { orderId: string }).orderId);
    expect(counted.toSorted()).toEqual(numbers.map(idOf).toSorted());
    const { ids, copies } = await store().readIds();
    expect(ids.map(({ id }) => id).toSorted()).toEqual(counted.toSorted());
    expect(copies).toHaveLength(4 * 300 - 4 * 60 - 300);
  });
}
