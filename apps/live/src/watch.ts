import { cityVariable, platformVariable } from "@tidemark/panels";
import { createAlarm } from "./alarm.js";
import { isRefused, type Database, type Reading, type State } from "./database.js";
import type { Range } from "./protocol.js";
import type { Viewing } from "./viewing.js";

/** Postgres is asked so often whether something was committed. In ms. */
const tickMs = 50;
/** Reading takes a fifth of the time at most: so much of what the last round took is waited before the next one. */
const restFactor = 4;
const longestRetryMs = 2_000;
/** A question that Postgres refuses is put again after so long. In ms. */
const refusedMs = 5_000;

/** Without any commit rows change as the time range moves on: so often they are read again. In ms. */
export const refreshMs: Readonly<Record<Range, number>> = { "5m": 1_000, "1h": 2_000, "24h": 5_000, all: 10_000 };

const lists = [cityVariable, platformVariable];
/** A name that is new can be chosen after so long. In ms. */
const listsMs: Readonly<Record<Range, number>> = { "5m": 5_000, "1h": 10_000, "24h": 30_000, all: 60_000 };

/** What the watch finds. */
export interface Watcher {
  /** After each question for the state. */
  onState(state: State): void;
  onReading(viewing: Viewing, reading: Reading): void;
  /** After a round of readings. */
  onRound(): void;
  onAway(error: unknown): void;
  onRefused(viewing: Viewing, error: unknown): void;
}

export interface WatchOptions {
  readonly database: Database;
  readonly watcher: Watcher;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly refreshMs?: Readonly<Record<Range, number>>;
}

/** Reads what is looked at whenever it may have changed. Where nobody looks, nothing is asked. */
export interface Watch {
  add(viewing: Viewing): void;
  remove(viewing: Viewing): void;
  /** Resolves when nothing is asked any more. */
  close(): Promise<void>;
}

interface LastRead {
  readonly version: string;
  readonly atMs: number;
}

export function createWatch({ database, watcher, now, ...options }: WatchOptions): Watch {
  const refresh = options.refreshMs ?? refreshMs;
  const lastReads = new Map<Viewing, LastRead | undefined>();
  const listsReadAtMs = new Map<Range, number>();
  const alarm = createAlarm();
  let running: Promise<void> | undefined;
  let roundFromMs = -Infinity;

  async function run(): Promise<void> {
    for (let failures = 0; lastReads.size > 0;) {
      try {
        const state = await database.readState();
        watcher.onState(state);
        failures = 0;
        await readDue(state.version);
        await alarm.wait(tickMs);
      } catch (error) {
        failures += 1;
        watcher.onAway(error);
        await alarm.wait(Math.min(longestRetryMs, tickMs * 2 ** failures));
      }
    }
    listsReadAtMs.clear();
  }

  /** One question at a time: however many look, and at whatever, Postgres has one connection's work. */
  async function readDue(version: string): Promise<void> {
    const startMs = now();
    const due = [...lastReads].filter(([{ choice }, last]) => {
      if (last === undefined) return true;
      if (startMs < roundFromMs) return false;
      return last.version !== version || startMs - last.atMs >= refresh[choice.range];
    });
    if (due.length === 0) return;
    for (const [viewing] of due) if (lastReads.has(viewing)) await read(viewing, version);
    roundFromMs = now() + Math.max(tickMs, restFactor * (now() - startMs));
    watcher.onRound();
  }

  async function read(viewing: Viewing, version: string): Promise<void> {
    const { range } = viewing.choice;
    const listsAtMs = listsReadAtMs.get(range);
    const wantsLists = listsAtMs === undefined || now() - listsAtMs >= listsMs[range];
    try {
      const reading = await database.read({ ...viewing.question, lists: wantsLists ? lists : [] });
      if (wantsLists) listsReadAtMs.set(range, now());
      remember(viewing, { version: reading.state.version, atMs: now() });
      watcher.onReading(viewing, reading);
    } catch (error) {
      if (!isRefused(error)) throw error;
      remember(viewing, { version, atMs: now() + refusedMs });
      watcher.onRefused(viewing, error);
    }
  }

  /** It may have been left meanwhile. */
  function remember(viewing: Viewing, last: LastRead): void {
    if (lastReads.has(viewing)) lastReads.set(viewing, last);
  }

  return {
    add(viewing) {
      lastReads.set(viewing, undefined);
      alarm.ring();
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    remove(viewing) {
      lastReads.delete(viewing);
      if (lastReads.size === 0) alarm.ring();
    },
    async close() {
      lastReads.clear();
      alarm.ring();
      await running;
    },
  };
}
