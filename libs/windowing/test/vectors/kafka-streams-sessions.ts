import { isOpen, mergeSessions, session, type Window } from "../../src/index.js";
import { inOrder } from "./answers.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { type Row, type RowBounds, rowIdOf, TwinTask } from "./twin-task.js";

interface Config {
  readonly window: { readonly gap: number };
  readonly grace: number;
}

interface Step {
  readonly op: string;
  readonly key?: string | null;
  readonly t?: number;
  readonly items?: readonly (readonly [key: string, t: number])[];
  readonly expect?: Fields;
}

interface KeyedEvent {
  readonly key: string | null;
  readonly t: number;
}

// As long as ours can be.
const longestMs = 1e14;

/**
 * Kafka Streams closes a session when stream time is more than gap + grace beyond its last event, ours when the watermark has reached its
 * end: with one ms more of delay that is the same. Its ends are the last event, a gap before ours.
 */
class StreamTimeSessions {
  readonly #run: CaseRun<Config, Step>;
  readonly #gapMs: number;
  readonly #task: TwinTask<KeyedEvent>;
  readonly #keepsClosed: boolean;
  /** Sessions that closed, where the task itself keeps them. */
  readonly #closed = new Set<string>();

  constructor(run: CaseRun<Config, Step>) {
    this.#run = run;
    this.#gapMs = run.ms(run.config.window.gap);
    this.#keepsClosed = run.follows("closed-sessions-stay-closed");
    this.#task = new TwinTask<KeyedEvent>({
      time: { field: "t", unit: run.vector.timeUnit },
      watermarkDelayMs: run.ms(run.config.grace) + 1,
      allowedLatenessMs: this.#keepsClosed ? longestMs : 0,
      rollups: [
        { name: "sessions", window: session(this.#gapMs), keys: ["key"], aggregates: { count: { kind: "count" } } },
      ],
    });
  }

  take(key: string | null, t: number): SessionChanges {
    if (this.#keepsClosed && !this.#isOpenOnceMerged(key, this.#run.ms(t))) {
      return { updates: [], finals: [], dropped: true, closeTime: this.#closeTime };
    }
    const before = new Map(this.#task.open);
    const closeTime = this.#closeTime;
    const { verdicts } = this.#task.step([{ key, t }]);
    const { changed, retracted, closed } = this.#task.checkpoint();
    const updates = changed.flatMap((row) => {
      const same = before.get(rowIdOf(row));
      // What it replaces goes first, also where that has the same bounds.
      const gone = [...retracted, ...(same === undefined ? [] : [same])];
      return [...gone.map((bounds) => this.#tombstone(bounds)), this.#answer(row)];
    });
    const finals = this.#keepsClosed ? this.#takeClosed() : closed;
    return {
      updates,
      finals: finals.map((row) => this.#answer(row)),
      dropped: verdicts[0] !== "counted",
      closeTime,
    };
  }

  restart(): void {
    this.#task.restart();
  }

  get openSessions(): Fields[] {
    const { watermarkMs } = this.#task;
    const open = [...this.#task.open.values()].filter(({ windowEndMs }) => isOpen(windowEndMs, 0, watermarkMs));
    return open.map((row) => this.#answer(row));
  }

  /** Before it is closed by this: stream time - gap - grace, as a last event's time. */
  get #closeTime(): unknown {
    return this.#run.unit(this.#task.watermarkMs + 1 - this.#gapMs);
  }

  /** Kafka Streams merges with sessions that have closed, too, and judges what comes of it. */
  #isOpenOnceMerged(key: string | null, timeMs: number): boolean {
    const own: Window = { startMs: timeMs, endMs: timeMs + this.#gapMs };
    const held = [...this.#task.open.values()].filter(({ keys }) => keys["key"] === key);
    const windows = held.map(({ windowStartMs: startMs, windowEndMs: endMs }) => ({ startMs, endMs }));
    const merged = mergeSessions([...windows, own]).find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs);
    return merged !== undefined && isOpen(merged.endMs, 0, this.#task.watermarkMs);
  }

  #takeClosed(): Row[] {
    const { watermarkMs } = this.#task;
    const closed = [...this.#task.open.values()].filter(
      (row) => !isOpen(row.windowEndMs, 0, watermarkMs) && !this.#closed.has(rowIdOf(row)),
    );
    for (const row of closed) this.#closed.add(rowIdOf(row));
    return closed.sort((a, b) => a.windowEndMs - b.windowEndMs);
  }

  #tombstone(bounds: RowBounds): Fields {
    return { ...this.#answer({ ...bounds, values: {} }), count: null };
  }

  #answer({ keys, windowStartMs, windowEndMs, values }: Row): Fields {
    const end = this.#run.unit(windowEndMs - this.#gapMs);
    return { key: keys["key"], start: this.#run.unit(windowStartMs), end, t: end, ...values };
  }
}

interface SessionChanges {
  readonly updates: readonly Fields[];
  readonly finals: readonly Fields[];
  readonly dropped: boolean;
  readonly closeTime: unknown;
}

/** Counts of sessions as they grow, and once when they have closed: the kinds `session-count-*` and `session-late`. */
export const sessionCount: Adapter = adapter<Config, Step>((run) => {
  const sessions = new StreamTimeSessions(run);
  const isOrdered = run.vector.kind.endsWith("-suppress");
  let droppedTotal = 0;
  for (const [at, step] of run.steps) {
    const changes: SessionChanges[] = [];
    if (step.op === "restart") sessions.restart();
    else for (const [key, t] of eventsOf(step)) changes.push(sessions.take(key, t));
    const updates = changes.flatMap((each) => each.updates);
    const finals = changes.flatMap((each) => each.finals);
    droppedTotal += changes.filter((each) => each.dropped).length;
    run.expect(at, step.expect, {
      updates: isOrdered ? inOrder(updates) : updates,
      finals: isOrdered ? inOrder(finals) : finals,
      openSessions: sessions.openSessions,
      dropped: changes.some((each) => each.dropped),
      droppedTotal,
      closeTime: changes.at(-1)?.closeTime,
    });
  }
});

function eventsOf({ op, key = null, t, items }: Step): readonly (readonly [string | null, number])[] {
  if (op === "events" && items !== undefined) return items;
  if (op === "event" && t !== undefined) return [[key, t]];
  throw unknownOperation(op);
}
