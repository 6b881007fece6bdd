import { describe, expect, test } from "vitest";
import { custom, defineTask, hopping, session, tumbling, windowed } from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

const counted = { events: { kind: "count" } } as const;

const everyTen = defineTask<Visit>()({
  id: "id",
  time: { field: "at", unit: "ms" },
  watermarkDelayMs: 0,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 5,
  output: "final",
  rollups: [{ name: "tens", window: tumbling(10), keys: ["city"], aggregates: counted }],
});

async function collect<T>(outputs: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

const briefly = (outputs: readonly { readonly kind: string; readonly row?: { readonly windowStartMs: number } }[]) =>
  outputs.map(({ kind, row }) => (row === undefined ? kind : row.windowStartMs));

test("of an array, rows come as they close, and the rest at the end", async () => {
  const visits = [visit(1), visit(12), visit(3), visit(25)];
  const outputs = await collect(windowed(visits, everyTen, { checkpointEvery: 1 }));
  expect(briefly(outputs)).toEqual([0, "late", 10, 20]);
  expect(outputs[1]).toEqual({ kind: "late", event: visits[2], watermarkMs: 12, missedByMs: 2 });
});

test("what is no event is rejected, and nobody is asked when it arrived", async () => {
  const visits = [null, undefined as unknown as null, visit(1)];
  const outputs = await collect(windowed(visits, everyTen, { arrivalMs: ({ at }) => at }));
  expect(briefly(outputs)).toEqual(["rejected", "rejected", 0]);
});

test("where the end is not to close, what is open is not given out", async () => {
  expect(briefly(await collect(windowed([visit(1), visit(12)], everyTen, { closeAtEnd: false })))).toEqual([0]);
});

test("what became of events comes in their order, before the rows of their batch", async () => {
  const visits = [visit(20), { ...visit(0), city: 7 as unknown as string }, visit(3), null, visit(99), visit(20)];
  const [first] = visits;
  const twice = [...visits, first ?? null];
  const outputs = await collect(windowed(twice, everyTen, { arrivalMs: ({ at }) => (at === 99 ? 20 : -1) }));
  expect(briefly(outputs)).toEqual(["rejected", "late", "rejected", "quarantined", "duplicate", 20]);
  expect(outputs[0]).toMatchObject({ field: "city", event: { city: 7 } });
  expect(outputs[2]).toMatchObject({ field: null, event: null });
  expect(outputs[3]).toMatchObject({ aheadMs: 74, event: { at: 99 } });
});

test("windows that an event came too late for are named beside it", async () => {
  const hops = { ...everyTen, rollups: [{ ...everyTen.rollups[0], window: hopping(10, 5) }] } as const;
  const outputs = await collect(windowed([visit(12), visit(7)], hops, { closeAtEnd: false }));
  expect(outputs[0]).toMatchObject({ kind: "partly-late", event: { at: 7 }, missed: [{ startMs: 0, endMs: 10 }] });
});

test("in the mode `update` a session that grows takes back what was given out", async () => {
  const sessions = defineTask<Visit>()({
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: 100,
    allowedLatenessMs: 0,
    rollups: [
      {
        name: "visits",
        window: session(10),
        keys: [],
        aggregates: {
          times: custom<Visit>()({
            create: (): number[] => [],
            add: (times, { at }) => [...times, at],
            merge: (left, right) => [...left, ...right],
            result: (times) => times.join(),
          }),
        },
      },
    ],
  });
  const outputs = await collect(windowed([visit(1), visit(20), visit(10)], sessions, { checkpointEvery: 1 }));
  expect(outputs.map((output) => [output.kind, "row" in output && output.row.windowEndMs])).toEqual([
    ["row", 11],
    ["row", 30],
    ["retracted", 11],
    ["retracted", 30],
    ["row", 30],
  ]);
  expect(outputs.at(-1)).toMatchObject({ row: { values: { times: "1,20,10" } } });
});

describe("a source that is asked for one event at a time", () => {
  function source() {
    const log: string[] = [];
    async function* events(): AsyncGenerator<Visit> {
      try {
        for (let at = 0; ; at += 10) {
          log.push(`made ${at}`);
          yield visit(at);
        }
      } finally {
        log.push("returned");
      }
    }
    return { log, events };
  }

  test("nothing is taken before what came out is taken", async () => {
    const { log, events } = source();
    const outputs = windowed(events(), everyTen, { checkpointEvery: 1 });
    expect(log).toEqual([]);
    await outputs.next();
    expect(log).toEqual(["made 0", "made 10"]);
    await outputs.next();
    expect(log).toEqual(["made 0", "made 10", "made 20"]);
    await outputs.return();
  });

  test("it is returned when its reader stops", async () => {
    const { log, events } = source();
    for await (const _ of windowed(events(), everyTen, { checkpointEvery: 1 })) break;
    expect(log.at(-1)).toBe("returned");
  });
});

test("an error of the source, and one of the definition, reach the reader", async () => {
  async function* failing(): AsyncGenerator<Visit> {
    yield visit(1);
    throw new Error("the source broke");
  }
  await expect(collect(windowed(failing(), everyTen))).rejects.toThrow("the source broke");
});

test("what cannot be is refused at once, not when it is first read", () => {
  expect(() => windowed([], { ...definition, allowedLatenessMs: -1 })).toThrow("allowedLatenessMs");
  for (const checkpointEvery of [0, -1, 1.5, Number.NaN]) {
    expect(() => windowed([], everyTen, { checkpointEvery })).toThrow("options.checkpointEvery");
  }
  expect(() => windowed([], everyTen, { arrival: 1 } as object)).toThrow("options.arrival");
});
