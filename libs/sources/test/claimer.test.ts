import { describe, expect, it, vi } from "vitest";
import { createClaimer, type ClaimerContext } from "../src/claimer.js";
import { defer, type Deferred } from "../src/deferred.js";
import type { PartitionTask } from "../src/index.js";

/** Claims and closes wait until the test lets them through, in the order in which they came. */
function setUp() {
  const log: string[] = [];
  const gates: Deferred[] = [];
  const through = async (what: string): Promise<void> => {
    log.push(what);
    const gate = defer();
    gates.push(gate);
    await gate.promise;
  };
  let claims = 0;
  const tasks: PartitionTask[] = [];
  const context: ClaimerContext = {
    topic: "events",
    partition: 0,
    async claim() {
      claims += 1;
      const number = claims;
      await through(`claim ${number}`);
      return {
        nextOffset: 0,
        accept: () => Promise.resolve(),
        close: ({ flush }) => through(`close ${number}${flush ? " with flush" : ""}`),
      };
    },
    readOffsets: () => Promise.resolve({ partition: 0, start: 0, end: 0 }),
    stopping: new AbortController().signal,
    owned: (task) => void tasks.push(task),
    failed(error) {
      throw error;
    },
    broken(error) {
      throw error;
    },
  };
  const claimer = createClaimer(context);
  return { claimer, log, tasks, open: (index: number) => gates[index]?.resolve() };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("the claims and closes of a partition", () => {
  it("come one after another: nothing is claimed before the former task has closed", async () => {
    const { claimer, log, tasks, open } = setUp();
    claimer.claim(0);
    await vi.waitUntil(() => log.length === 1);
    open(0);
    await vi.waitUntil(() => tasks.length === 1);
    const [first] = tasks;
    if (first !== undefined) claimer.close(first, true);
    claimer.claim(0);
    await settle();
    expect(log).toEqual(["claim 1", "close 1 with flush"]);
    open(1);
    await vi.waitUntil(() => log.length === 3);
    expect(log).toEqual(["claim 1", "close 1 with flush", "claim 2"]);
  });

  it("give away nothing of a claim that was overtaken: its task is closed before the next is claimed", async () => {
    const { claimer, log, tasks, open } = setUp();
    claimer.claim(0);
    await vi.waitUntil(() => log.length === 1);
    claimer.cancel();
    claimer.claim(0);
    open(0);
    await vi.waitUntil(() => log.length === 2);
    await settle();
    expect(log).toEqual(["claim 1", "close 1"]);
    expect(tasks).toEqual([]);
    open(1);
    await vi.waitUntil(() => log.length === 3);
    open(2);
    await vi.waitUntil(() => tasks.length === 1);
    expect(log).toEqual(["claim 1", "close 1", "claim 2"]);
  });
});
