import { createAlarm, type Alarm } from "./alarm.js";
import { keyOf } from "./choice.js";
import type { Database, Reading } from "./database.js";
import { stalled } from "./errors.js";
import { createPulseState } from "./pulse.js";
import type { Choice, Range } from "./protocol.js";
import { writeEvent } from "./server-event.js";
import { createViewing, type Viewing } from "./viewing.js";
import { createWatch } from "./watch.js";

/** One who looks: takes what is new since the last time, as text for the stream, or waits for it. */
export interface Viewer {
  /** Resolves to undefined when there will be no more. */
  next(): Promise<string | undefined>;
  /** Aborts where it has taken nothing for too long. */
  readonly dropped: AbortSignal;
  leave(): void;
}

export interface Broadcast {
  /** Undefined where as many are served as may be. */
  join(choice: Choice): Viewer | undefined;
  close(): Promise<void>;
}

export interface BroadcastOptions {
  readonly database: Database;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  readonly refreshMs?: Readonly<Record<Range, number>>;
}

const mostViewers = 1_000;
/** Each has its own queries. */
const mostChoices = 50;
const pulseMs = 1_000;
/** A viewer that takes nothing for so long has gone without a word. In ms. */
const stalledMs = 30_000;

interface Shared {
  readonly viewing: Viewing;
  readonly viewers: Set<Member>;
}

interface Member {
  readonly alarm: Alarm;
  /** Since when it has taken nothing, though there is something; by the clock. */
  busySinceMs: number | undefined;
  readonly dropping: AbortController;
}

/** What is read once and sent to all who look at the same. No queue: each is led from the state that it has to the newest. */
export function createBroadcast({ database, now, log, refreshMs }: BroadcastOptions): Broadcast {
  const shared = new Map<string, Shared>();
  const names = new Map<Range, { readonly text: string; readonly at: number }>();
  const pulse = createPulseState(now);
  let pulseAt = 0;
  let isAway = false;
  let pulsing: NodeJS.Timeout | undefined;

  const watch = createWatch({
    database,
    now,
    ...(refreshMs && { refreshMs }),
    watcher: {
      onState(state) {
        if (isAway) log("Postgres answers again");
        isAway = false;
        if (pulse.heard(state)) beat();
      },
      onReading(viewing, reading) {
        pulse.heard(reading.state);
        takeNames(viewing.choice.range, reading);
        viewing.take(reading);
      },
      onRound: beat,
      onAway(error) {
        if (!isAway) log(`Postgres does not answer (${describe(error)}); waiting for it`);
        isAway = true;
        if (pulse.lost()) beat();
      },
      onRefused(viewing, error) {
        log(`Postgres refuses what ${keyOf(viewing.choice)} asks: ${describe(error)}`);
      },
    },
  });

  /** Everybody takes what is new. */
  function beat(): void {
    pulseAt += 1;
    for (const { viewers } of shared.values()) for (const { alarm } of viewers) alarm.ring();
  }

  function takeNames(range: Range, reading: Reading): void {
    if (reading.names.size === 0 && names.has(range)) return;
    const { names: read } = reading;
    const text = writeEvent("names", { cities: read.get("city") ?? [], platforms: read.get("platform") ?? [] });
    const known = names.get(range);
    if (known?.text !== text) names.set(range, { text, at: (known?.at ?? 0) + 1 });
  }

  function beatAndDrop(): void {
    const longAgoMs = now() - stalledMs;
    for (const one of shared.values()) {
      for (const member of one.viewers) {
        if ((member.busySinceMs ?? Infinity) >= longAgoMs) continue;
        leave(one, member);
        member.dropping.abort(stalled(stalledMs));
      }
    }
    beat();
  }

  function open(choice: Choice): Shared | undefined {
    const key = keyOf(choice);
    const known = shared.get(key);
    if (known !== undefined) return known;
    if (shared.size >= mostChoices) return undefined;
    const opened = { viewing: createViewing(choice), viewers: new Set<Member>() };
    shared.set(key, opened);
    watch.add(opened.viewing);
    pulsing ??= setInterval(beatAndDrop, pulseMs);
    return opened;
  }

  function leave({ viewing, viewers }: Shared, member: Member): void {
    if (!viewers.delete(member)) return;
    member.alarm.ring();
    if (viewers.size > 0) return;
    shared.delete(keyOf(viewing.choice));
    watch.remove(viewing);
    if (shared.size > 0) return;
    clearInterval(pulsing);
    pulsing = undefined;
    names.clear();
  }

  return {
    join(choice) {
      const all = [...shared.values()].reduce((sum, { viewers }) => sum + viewers.size, 0);
      const joined = all < mostViewers ? open(choice) : undefined;
      if (joined === undefined) return undefined;
      const { viewing, viewers } = joined;
      const member: Member = { alarm: createAlarm(), busySinceMs: undefined, dropping: new AbortController() };
      viewers.add(member);
      const seen = { names: 0, panels: 0, pulse: pulseAt - 1 };

      function takeNew(): string {
        const { text = "", at = 0 } = names.get(choice.range) ?? {};
        const parts = [
          at === seen.names ? "" : text,
          viewing.eventSince(seen.panels),
          pulseAt === seen.pulse ? "" : pulse.write(),
        ];
        Object.assign(seen, { names: at, panels: viewing.at, pulse: pulseAt });
        return parts.join("");
      }

      return {
        async next() {
          member.busySinceMs = undefined;
          while (viewers.has(member)) {
            const text = takeNew();
            if (text !== "") {
              member.busySinceMs = now();
              return text;
            }
            await member.alarm.wait(Infinity);
          }
          return undefined;
        },
        dropped: member.dropping.signal,
        leave: () => leave(joined, member),
      };
    },
    async close() {
      for (const one of shared.values()) for (const member of one.viewers) leave(one, member);
      await watch.close();
    },
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ("code" in error ? String(error.code) : error.name);
}
