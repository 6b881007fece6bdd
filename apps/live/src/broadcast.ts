import { createAlarm, type Alarm } from "./alarm.js";
import { keyOf } from "./choice.js";
import type { Database } from "./database.js";
import type { Choice } from "./protocol.js";
import { createPulseState } from "./pulse.js";
import { createViewing, type Viewing } from "./viewing.js";
import { createWatch, defaultRhythms, type Rhythms } from "./watch.js";

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

export interface Limits {
  readonly viewers: number;
  /** Different ones at a time: each has queries of its own. */
  readonly choices: number;
  /** A viewer that takes nothing for so long has gone without a word. In ms. */
  readonly stalledMs: number;
}

export interface BroadcastOptions {
  readonly database: Database;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Postgres refuses to be asked, and no waiting helps. */
  readonly onHopeless: (error: Error) => void;
  readonly limits?: Partial<Limits> | undefined;
  readonly rhythms?: Rhythms | undefined;
}

const pulseMs = 1_000;

interface Member {
  readonly alarm: Alarm;
  readonly dropping: AbortController;
  /** Since when it has been sending what it took, by the clock. */
  busySinceMs: number;
}

interface Audience {
  readonly viewing: Viewing;
  readonly members: Set<Member>;
  isRefused: boolean;
}

/** What is read once and sent to all who look at the same. No queue: each is led from the state that it has to the newest. */
export function createBroadcast(options: BroadcastOptions): Broadcast {
  const { database, now, log, onHopeless, limits, rhythms = defaultRhythms } = options;
  const { viewers: mostViewers, choices: mostChoices, stalledMs } = { ...defaultLimits, ...limits };
  const audiences = new Map<string, Audience>();
  const pulse = createPulseState(now);
  let pulseAt = 1;
  let beating: NodeJS.Timeout | undefined;

  const watch = createWatch({
    database,
    now,
    rhythms,
    watcher: {
      onState(state) {
        const wasAway = pulse.database === "away";
        pulse.hear(state);
        if (!wasAway) return;
        log("Postgres answers again");
        beat();
      },
      onReading(viewing, reading) {
        pulse.hear(reading.state);
        viewing.take(reading);
        const audience = audiences.get(keyOf(viewing.choice));
        if (audience === undefined) return;
        audience.isRefused = false;
        pulseAt += 1;
        ring(audience);
      },
      onRefused(viewing, error) {
        const audience = audiences.get(keyOf(viewing.choice));
        if (audience === undefined || audience.isRefused) return;
        audience.isRefused = true;
        log(`Postgres refuses what ${keyOf(viewing.choice)} asks (${describe(error)}); tries again`);
      },
      onAway(error) {
        const wasAway = pulse.database === "away";
        pulse.lose();
        if (wasAway) return;
        log(`Postgres does not answer (${describe(error)}); waits for it`);
        beat();
      },
      onHopeless,
    },
  });

  function ring({ members }: Audience): void {
    for (const { alarm } of members) alarm.ring();
  }

  function beat(): void {
    pulseAt += 1;
    for (const audience of audiences.values()) ring(audience);
  }

  function dropStalled(): void {
    const longAgoMs = now() - stalledMs;
    for (const audience of audiences.values()) {
      for (const member of audience.members) {
        if (member.busySinceMs >= longAgoMs) continue;
        leave(audience, member);
        member.dropping.abort();
      }
    }
  }

  function open(choice: Choice): Audience | undefined {
    const key = keyOf(choice);
    const known = audiences.get(key);
    if (known !== undefined || audiences.size >= mostChoices) return known;
    const opened = { viewing: createViewing(choice), members: new Set<Member>(), isRefused: false };
    audiences.set(key, opened);
    watch.add(opened.viewing);
    beating ??= setInterval(() => {
      dropStalled();
      beat();
    }, pulseMs);
    return opened;
  }

  function leave({ viewing, members }: Audience, member: Member): void {
    if (!members.delete(member)) return;
    member.alarm.ring();
    if (members.size > 0) return;
    audiences.delete(keyOf(viewing.choice));
    watch.remove(viewing);
    if (audiences.size > 0) return;
    clearInterval(beating);
    beating = undefined;
  }

  return {
    join(choice) {
      const viewers = [...audiences.values()].reduce((sum, { members }) => sum + members.size, 0);
      const audience = viewers < mostViewers ? open(choice) : undefined;
      if (audience === undefined) return undefined;
      const { viewing, members } = audience;
      const member: Member = { alarm: createAlarm(), dropping: new AbortController(), busySinceMs: Infinity };
      members.add(member);
      let seen = { viewing: 0, pulse: 0 };

      function takeNew(): string {
        const text = `${viewing.eventsSince(seen.viewing)}${seen.pulse === pulseAt ? "" : pulse.write()}`;
        seen = { viewing: viewing.at, pulse: pulseAt };
        return text;
      }

      return {
        dropped: member.dropping.signal,
        async next() {
          member.busySinceMs = Infinity;
          for (; members.has(member); await member.alarm.wait(Infinity)) {
            const text = takeNew();
            if (text === "") continue;
            member.busySinceMs = now();
            return text;
          }
          return undefined;
        },
        leave: () => leave(audience, member),
      };
    },
    async close() {
      for (const audience of audiences.values()) for (const member of audience.members) leave(audience, member);
      await watch.close();
    },
  };
}

const defaultLimits: Limits = { viewers: 1_000, choices: 50, stalledMs: 30_000 };

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ("code" in error ? String(error.code) : error.name);
}
