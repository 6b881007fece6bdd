import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Database, Question } from "../src/database.js";
import { emptyState } from "../src/state.js";
import { createViewing, type Viewing } from "../src/viewing.js";
import { createWatch, defaultRhythms, type Watch } from "../src/watch.js";

/** Time passes as the tests let it; what takes time is the port's other side, not Postgres. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const readMs = 100;
const now = () => performance.now();

interface Watched {
  readonly watch: Watch;
  readonly reads: { readonly question: Question; readonly atMs: number }[];
  readonly states: number;
}

/** Every question finds another commit, or none ever does. */
function createWatched(commits: "always" | "never"): Watched {
  const reads: Watched["reads"] = [];
  let states = 0;
  const stateNow = () => ({ ...emptyState, nowMs: 0, version: commits === "always" ? String(states) : "one" });
  const database: Database = {
    async readState() {
      states += 1;
      return stateNow();
    },
    async read(question) {
      reads.push({ question, atMs: now() });
      await new Promise((resolve) => {
        setTimeout(resolve, readMs);
      });
      return { state: stateNow(), time: { fromMs: 0, toMs: 0, intervalMs: 1 }, rows: new Map(), slow: undefined };
    },
    close: () => Promise.resolve(),
  };
  const nothing = () => undefined;
  const watcher = { onState: nothing, onReading: nothing, onRefused: nothing, onAway: nothing, onHopeless: nothing };
  return {
    watch: createWatch({ database, watcher, now, rhythms: defaultRhythms }),
    reads,
    get states() {
      return states;
    },
  };
}

const viewingOf = (city: string): Viewing =>
  createViewing({ tab: "social-media-performance", range: "1h", cities: [city], platforms: null });

it.each([1, 5])("of commits without end, %i choices take a fifth of the time, and not much less", async (choices) => {
  const { watch, reads } = createWatched("always");
  for (let index = 0; index < choices; index += 1) watch.add(viewingOf(String(index)));
  await vi.advanceTimersByTimeAsync(60_000);
  const share = (reads.length * readMs) / 60_000;
  expect(share).toBeLessThanOrEqual(0.21);
  expect(share).toBeGreaterThan(0.17);
  void watch.close();
});

it("reads what is new at once, though it rests from what it read before", async () => {
  const { watch, reads } = createWatched("always");
  watch.add(viewingOf("Bogor"));
  await vi.advanceTimersByTimeAsync(readMs + 10);
  const addedAtMs = now();
  watch.add(viewingOf("Depok"));
  await vi.advanceTimersByTimeAsync(1);
  expect(reads.map(({ question, atMs }) => [question.chosen.city, atMs - addedAtMs])).toEqual([
    [["Bogor"], -readMs - 10],
    [["Depok"], 0],
  ]);
  void watch.close();
});

it.each(["always", "never"] as const)(
  "is no busier for one who opens and closes choices without end, with commits %s, and others are read on",
  async (commits) => {
    const { watch, reads } = createWatched(commits);
    watch.add(viewingOf("Bogor"));
    for (let index = 0; now() < 60_000; index += 1) {
      const brief = viewingOf(String(index));
      watch.add(brief);
      await vi.advanceTimersByTimeAsync(110);
      watch.remove(brief);
    }
    expect((reads.length * readMs) / now()).toBeLessThanOrEqual(0.21);
    expect(reads.filter(({ question }) => question.chosen.city?.includes("Bogor")).length).toBeGreaterThan(5);
    void watch.close();
  },
);

it("reads the first few that are new during a rest at once, and the others when it is over", async () => {
  const { watch, reads } = createWatched("never");
  watch.add(viewingOf("Bogor"));
  await vi.advanceTimersByTimeAsync(readMs + 10);
  const addedAtMs = now();
  for (let index = 0; index < 10; index += 1) watch.add(viewingOf(String(index)));
  await vi.advanceTimersByTimeAsync(10 * readMs);
  expect(reads.filter(({ atMs }) => atMs >= addedAtMs).length).toBe(4);
  await vi.advanceTimersByTimeAsync(4_000);
  const cities = new Set(reads.flatMap(({ question }) => question.chosen.city));
  expect(cities.size).toBe(11);
  void watch.close();
});

it("without commits it asks 20 times a second, and reads by the range's rhythm, slow things by their own", async () => {
  const watched = createWatched("never");
  const { watch, reads } = watched;
  watch.add(viewingOf("Bogor"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(watched.states).toBeGreaterThan(1_100);
  expect(watched.states).toBeLessThanOrEqual(1_200);
  expect(reads.length).toBeGreaterThan(26);
  expect(reads.length).toBeLessThanOrEqual(30);
  const slow = reads.filter(({ question }) => question.slow !== undefined);
  expect(slow.length).toBeGreaterThan(4);
  expect(slow.length).toBeLessThanOrEqual(6);
  void watch.close();
});

it("asks nothing more once nobody looks", async () => {
  const watched = createWatched("always");
  const viewings = ["Bogor", "Depok"].map(viewingOf);
  for (const viewing of viewings) watched.watch.add(viewing);
  await vi.advanceTimersByTimeAsync(5_000);
  for (const viewing of viewings) watched.watch.remove(viewing);
  await vi.advanceTimersByTimeAsync(1_000);
  const { states, reads } = watched;
  const { length } = reads;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([watched.states, reads.length]).toEqual([states, length]);
});
