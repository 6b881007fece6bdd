import { createAlarm } from "./alarm.js";
import { isHopeless, isRefused, type Database, type Reading } from "./database.js";
import type { Range } from "./protocol.js";
import type { State } from "./state.js";
import type { Viewing } from "./viewing.js";

/** Postgres is asked so often whether something was committed. In ms. */
const tickMs = 50;
/** Reading takes a fifth of the time at most: so many times what a round took is waited before the next one. */
const restFactor = 4;
/** So many new viewings do not wait for the end of a rest, which becomes longer by what they take. Those after them wait. */
const mostWelcome = 4;
const longestRetryMs = 2_000;

/** How often rows are read again though nothing was committed, since the range moves on, and what changes slowly. In ms. */
export interface Rhythm {
  readonly fastMs: number;
  readonly slowMs: number;
}

export type Rhythms = Readonly<Record<Range, Rhythm>>;

export const defaultRhythms: Rhythms = {
  "5m": { fastMs: 1_000, slowMs: 5_000 },
  "1h": { fastMs: 2_000, slowMs: 10_000 },
  "24h": { fastMs: 5_000, slowMs: 30_000 },
  all: { fastMs: 10_000, slowMs: 60_000 },
};

/** What is told of what the watch finds. */
export interface Watcher {
  onState(state: State): void;
  onReading(viewing: Viewing, reading: Reading): void;
  /** Postgres answers, but not what this viewing asks. */
  onRefused(viewing: Viewing, error: unknown): void;
  onAway(error: unknown): void;
  /** Nothing is asked any more: no waiting helps. */
  onHopeless(error: Error): void;
}

export interface WatchOptions {
  readonly database: Database;
  readonly watcher: Watcher;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly rhythms: Rhythms;
}

/** Reads what is looked at whenever it may have changed. While nobody looks, nothing is asked. */
export interface Watch {
  add(viewing: Viewing): void;
  remove(viewing: Viewing): void;
  /** Resolves when nothing is asked any more. */
  close(): Promise<void>;
}

/** When a viewing was read, by the clock, and what of; never for one that is new. */
interface LastRead {
  readonly version: string;
  readonly atMs: number;
  readonly slowAtMs: number;
}

const never: LastRead = { version: "", atMs: -Infinity, slowAtMs: -Infinity };

export function createWatch({ database, watcher, now, rhythms }: WatchOptions): Watch {
  const viewings = new Map<Viewing, LastRead>();
  const alarm = createAlarm();
  let running: Promise<void> | undefined;
  let nextRoundMs = -Infinity;
  /** How many new ones were read out of turn since the last rest ended. */
  let welcomed = 0;

  async function run(): Promise<void> {
    for (let failures = 0; viewings.size > 0;) {
      try {
        const state = await database.readState();
        watcher.onState(state);
        failures = 0;
        await readDue(state.version);
        await alarm.wait(tickMs);
      } catch (error) {
        if (viewings.size === 0) return;
        if (isHopeless(error)) {
          watcher.onHopeless(error);
          return;
        }
        failures += 1;
        watcher.onAway(error);
        await alarm.wait(Math.min(longestRetryMs, tickMs * 2 ** failures));
      }
    }
  }

  function welcomeNew(): Viewing | undefined {
    if (welcomed >= mostWelcome) return undefined;
    const [found] = [...viewings].find(([, last]) => last === never) ?? [];
    if (found !== undefined) welcomed += 1;
    return found;
  }

  function isDue({ choice }: Viewing, last: LastRead, version: string): boolean {
    return last.version !== version || now() - last.atMs >= rhythms[choice.range].fastMs;
  }

  /**
   * One after another: however many look, and at whatever, Postgres has a fifth of one connection's work. Who is new does not wait
   * for a round, but also not for nothing: choices that come and go without end get no more than others.
   */
  async function readDue(version: string): Promise<void> {
    const startMs = now();
    const isResting = startMs < nextRoundMs;
    if (!isResting) welcomed = 0;
    const due = [...viewings].filter(([viewing, last]) => !isResting && isDue(viewing, last, version));
    const isNew = (viewing: Viewing | undefined) => viewing !== undefined && viewings.get(viewing) === never;
    const queue = due.map(([viewing]) => viewing).toSorted((a, b) => Number(isNew(b)) - Number(isNew(a)));
    const takeNext = () => (isNew(queue[0]) ? queue.shift() : (welcomeNew() ?? queue.shift()));
    let reads = 0;
    for (let next = takeNext(); next !== undefined; next = takeNext()) {
      const last = viewings.get(next);
      if (last === undefined || !isDue(next, last, version)) continue;
      await read(next, last, version);
      reads += 1;
    }
    if (reads === 0) return;
    const tookMs = now() - startMs;
    // What is left of a rest is put off by a reading within it.
    const leftMs = isResting ? nextRoundMs - startMs : 0;
    nextRoundMs = now() + leftMs + Math.max(tickMs, restFactor * tookMs);
  }

  async function read(viewing: Viewing, last: LastRead, version: string): Promise<void> {
    const isSlowDue = now() - last.slowAtMs >= rhythms[viewing.choice.range].slowMs;
    try {
      const reading = await database.read(viewing.question(isSlowDue));
      const atMs = now();
      remember(viewing, { version: reading.state.version, atMs, slowAtMs: isSlowDue ? atMs : last.slowAtMs });
      watcher.onReading(viewing, reading);
    } catch (error) {
      if (isHopeless(error) || !isRefused(error)) throw error;
      remember(viewing, { ...last, version, atMs: now() });
      watcher.onRefused(viewing, error);
    }
  }

  /** It may have been left meanwhile. */
  function remember(viewing: Viewing, last: LastRead): void {
    if (viewings.has(viewing)) viewings.set(viewing, last);
  }

  return {
    add(viewing) {
      viewings.set(viewing, never);
      alarm.ring();
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    remove(viewing) {
      viewings.delete(viewing);
      if (viewings.size === 0) alarm.ring();
    },
    async close() {
      viewings.clear();
      alarm.ring();
      await running;
    },
  };
}
