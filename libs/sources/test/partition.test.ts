import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defer } from "../src/deferred.js";
import type { FetchedBatch, SourceEvent } from "../src/index.js";
import { createPartition, type Partition } from "../src/partition.js";

const maxStallMs = 2_000;
const heartbeatMs = 500;

/** Records from an offset on. */
function batchAt(firstOffset: number, count = 10): FetchedBatch {
  const records = Array.from({ length: count }, (_, index) => ({
    offset: firstOffset + index,
    timestampMs: 0,
    key: null,
    value: null,
  }));
  const lastOffset = firstOffset + count - 1;
  return { partition: 0, records, firstOffset, lastOffset, fetchedFrom: firstOffset, logEndOffset: 1_000 };
}

let events: SourceEvent[];
let steps: string[];
let heartbeats: number;
let pending: ReturnType<typeof defer>[];
let partition: Partition;
/** What a claim finds: where the owner goes on, and where the log begins. */
let nextOffset: number;
let logStart: number;
let failures: unknown[];

/** Time goes on, and all that it sets off has run. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function take(firstOffset: number, count = 10): Promise<{ outcome: boolean | undefined }> {
  const state: { outcome: boolean | undefined } = { outcome: undefined };
  void partition
    .take(batchAt(firstOffset, count), async () => {
      heartbeats += 1;
    })
    .then((taken) => (state.outcome = taken));
  await pass(0);
  return state;
}

beforeEach(async () => {
  vi.useFakeTimers();
  events = [];
  steps = [];
  heartbeats = 0;
  pending = [];
  failures = [];
  nextOffset = 0;
  logStart = 0;
  partition = createPartition({
    topic: "events",
    partition: 0,
    port: {
      pause: () => void steps.push("pause"),
      resume: (_, offset) => void steps.push(`resume at ${offset}`),
    },
    claim: () =>
      Promise.resolve({
        nextOffset,
        accept() {
          const accepted = defer();
          pending.push(accepted);
          return accepted.promise;
        },
        async close({ flush }) {
          steps.push(flush ? "flush" : "close");
        },
      }),
    readOffsets: () => Promise.resolve({ partition: 0, start: logStart, end: 1_000 }),
    maxStallMs,
    heartbeatMs,
    onLost: "stop",
    stopping: new AbortController().signal,
    emit: (event) => events.push(event),
    fail: (error) => failures.push(error),
  });
  partition.assign();
  await pass(0);
});
afterEach(() => {
  vi.useRealTimers();
  if (failures.length > 0) throw new Error("The partition failed.", { cause: failures[0] });
});

describe("a partition whose task is slow", () => {
  it("holds up the others for maxStallMs, with heartbeats, and then is paused until the task has taken the batch", async () => {
    expect(steps).toEqual(["pause", "resume at 0"]);
    const first = await take(0);
    await pass(maxStallMs - 1);
    expect(first.outcome).toBeUndefined();
    expect(heartbeats).toBe(3);
    await pass(1);
    // The client is told where to go on later, not now.
    expect(first.outcome).toBe(false);
    expect(steps.at(-1)).toBe("pause");
    expect(events.at(-1)).toEqual({ type: "paused", partition: 0 });

    pending[0]?.resolve();
    await pass(0);
    expect(steps.at(-1)).toBe("resume at 9");
    expect(events.at(-1)).toEqual({ type: "resumed", partition: 0 });
  });

  it("holds them up by next to nothing while it stays slow, and may have its time again once it was quick", async () => {
    await take(0);
    await pass(maxStallMs);
    pending[0]?.resolve();
    await pass(0);
    // After a pause the last record comes once more.
    const second = await take(9, 11);
    await pass(50);
    expect(second.outcome).toBe(false);

    pending[1]?.resolve();
    await pass(0);
    const quick = await take(19, 11);
    pending[2]?.resolve();
    await pass(0);
    expect(quick.outcome).toBe(true);
    const fourth = await take(30);
    await pass(maxStallMs - 1);
    expect(fourth.outcome).toBeUndefined();
    await pass(1);
    expect(fourth.outcome).toBe(false);
  });

  it("is given one batch at a time: what still comes from before the pause is not kept", async () => {
    await take(0);
    await pass(maxStallMs);
    const stale = await take(10);
    await pass(maxStallMs);
    expect(stale.outcome).toBe(false);
    expect(pending).toHaveLength(1);
    pending[0]?.resolve();
    await pass(0);
    expect(pending).toHaveLength(1);
    expect(steps.at(-1)).toBe("resume at 9");
  });
});

describe("a partition whose records are gone from the log", () => {
  it("has lost none where another has read them: it is claimed again, once what its task holds is committed", async () => {
    nextOffset = 50;
    logStart = 40;
    const stale = await take(40);
    await pass(0);
    expect(stale.outcome).toBe(false);
    expect(pending).toHaveLength(0);
    expect(steps.slice(2)).toEqual(["pause", "flush", "resume at 50"]);
    expect(events.filter(({ type }) => type === "gap")).toEqual([]);
  });

  it("has lost them where nobody has: then the source ends", async () => {
    logStart = 40;
    await take(40);
    await pass(0);
    expect(failures.splice(0)).toMatchObject([{ code: "lost", message: expect.stringContaining("Offsets 0 to 39") }]);
  });

  it("says no less where nothing comes of it, and somebody looks at the log", async () => {
    nextOffset = 50;
    logStart = 40;
    partition.probeIfIdle();
    partition.probeIfIdle();
    await pass(0);
    expect(steps.at(-1)).toBe("resume at 50");
  });
});
