import { copyPatienceMs, faultKinds, isKill, isOfServer, targetOf, type Fault, type FaultKind } from "./fault.js";
import { createRandom, type Random } from "./random.js";

export interface ScheduleOptions {
  readonly seed: number;
  /** How long there are faults, in ms; at least `shortestMs`. */
  readonly lengthMs: number;
  /** How many there are, from 1 on. */
  readonly consumers: number;
  /** From one failover of Postgres to the next, in ms; null or absent: there is none. */
  readonly failoverEveryMs?: number | null;
}

/** Of a schedule, and of one of its rounds. */
export const shortestMs = 30_000;
/** At the end of a round nothing is broken for so long, but for consumers stopped in COPY: claims, and zombies that wake. */
export const calmMs = 5_000;

/** Before the other faults of a round: they need a pipeline that works, and a stopped consumer's successor takes 10 s. */
const early = new Set<FaultKind>(["kill consumer in COPY", "stop consumer", "stop consumer in COPY"]);
const earlyMs = { from: 0, to: 900 };
const lateMs = { from: 2_500, to: 10_000 };
const killsPerRound = { from: 4, to: 6 };
const othersPerRound = { from: 4, to: 5 };

/** As often as a kind stands here, in as many draws. */
const kills: readonly FaultKind[] = [
  "kill consumer",
  "kill consumer",
  "kill consumer in COPY",
  "kill consumer in COPY",
  "kill Postgres",
  "kill Kafka",
];
const others = faultKinds.filter((kind) => !isKill(kind) && kind !== "replace Postgres");

/** The consumer's session timeout is 10 s: whoever is stopped for longer wakes as a zombie. */
const pastSession = { from: 11_000, to: 13_000 };
/**
 * And in the middle of a COPY long enough for its successor to lose patience with the lock that it holds: 8 s more, and some
 * for a group that loses others too. So it may last until the end of its round.
 */
const pastPatience = { from: 24_000, to: 26_000 };
const lasts: Readonly<Record<FaultKind, { readonly from: number; readonly to: number }>> = {
  "kill consumer": { from: 200, to: 3_000 },
  "kill consumer in COPY": { from: 200, to: 3_000 },
  "kill Postgres": { from: 200, to: 4_000 },
  "kill Kafka": { from: 200, to: 3_000 },
  "stop consumer": pastSession,
  "stop consumer in COPY": pastPatience,
  "stop Postgres": { from: 1_000, to: 11_000 },
  "stop Kafka": { from: 1_000, to: 11_000 },
  leave: { from: 500, to: 8_000 },
  "wrong clock": { from: 0, to: 0 },
  "cut Postgres": { from: 0, to: 0 },
  "stall Postgres": { from: 1_000, to: 12_000 },
  "cut Kafka": { from: 0, to: 0 },
  "stall Kafka": { from: 1_000, to: 11_000 },
  "replace Postgres": { from: 8_000, to: 8_000 },
};
/** How long a target takes to be itself again after that, about; a real Kafka that is started the longest. */
const recoveryMs = (target: string): number => (target === "Kafka" ? 7_000 : 2_500);

/**
 * The faults in order of time: a pure function of the options. They come in rounds: one upon the other, then a calm. No
 * target is hit while it is still being mended, and all kinds come in turn.
 */
export function createSchedule({ seed, lengthMs, consumers, failoverEveryMs }: ScheduleOptions): readonly Fault[] {
  const random = createRandom(seed);
  const bags = [
    { bag: createBag(random, kills), perRound: killsPerRound },
    { bag: createBag(random, others), perRound: othersPerRound },
  ];
  return roundsOf(lengthMs).flatMap(({ fromMs, toMs }) => {
    const place = createRound(random, consumers, fromMs, toMs - calmMs);
    const every = failoverEveryMs ?? Number.POSITIVE_INFINITY;
    const isDue = Math.floor(toMs / every) > Math.floor(fromMs / every);
    const failover = isDue ? [place("replace Postgres", fromMs) ?? []].flat() : [];
    const drawn = bags.flatMap(({ bag, perRound }) => {
      const many = random.between(perRound.from, perRound.to);
      return Array.from({ length: many }, () => ({ bag, kind: bag.draw() }));
    });
    const timed = drawn.map(({ bag, kind }) => {
      const range = early.has(kind) ? earlyMs : lateMs;
      return { bag, kind, atMs: fromMs + random.between(range.from, range.to) };
    });
    const placed = timed
      .sort((a, b) => a.atMs - b.atMs)
      .flatMap(({ bag, kind, atMs }) => {
        const fault = place(kind, atMs);
        if (fault === undefined) bag.putBack(kind);
        return fault ?? [];
      });
    return [...failover, ...placed].sort((a, b) => a.atMs - b.atMs);
  });
}

/** From when to when, in ms. */
export interface Round {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The rounds of a schedule, all of one length. */
export function roundsOf(lengthMs: number): readonly Round[] {
  const many = Math.max(1, Math.floor(lengthMs / shortestMs));
  const startOf = (index: number): number => Math.round((lengthMs * index) / many);
  return Array.from({ length: many }, (_, index) => ({ fromMs: startOf(index), toMs: startOf(index + 1) }));
}

/** Places a fault where its target is free; undefined where it would not be mended by the end. */
function createRound(random: Random, consumers: number, from: number, end: number) {
  const freeFrom = new Map<string, number>();
  const freedAt = (target: string): number => freeFrom.get(target) ?? from;
  /** Of one who is stopped in the middle of a COPY the successor needs the lock: only where the servers are well. */
  let sparesServers = false;

  return (kind: FaultKind, wantedMs: number): Fault | undefined => {
    if (sparesServers && isOfServer(kind)) return undefined;
    const numbers = isOfServer(kind) ? [null] : Array.from({ length: consumers }, (_, index) => index + 1);
    const freeAt = new Map(numbers.map((consumer) => [consumer, freedAt(targetOf({ kind, consumer }))]));
    const atMs = Math.max(wantedMs, Math.min(...freeAt.values()));
    const consumer = random.pick(numbers.filter((one) => (freeAt.get(one) ?? 0) <= atMs));
    const forMs = random.between(lasts[kind].from, lasts[kind].to);
    const overMs = atMs + forMs + (kind.endsWith(" in COPY") ? copyPatienceMs : 0);
    const isLong = kind === "stop consumer in COPY";
    if (overMs > (isLong ? end + calmMs : end)) return undefined;
    sparesServers ||= isLong;
    const target = targetOf({ kind, consumer });
    freeFrom.set(target, overMs + recoveryMs(target));
    const clockHours = kind === "wrong clock" ? random.pick([-1, 1]) * random.between(2, 72) : 0;
    return { kind, atMs, consumer, forMs, clockHours };
  };
}

/** Gives all that it holds before it gives anything again; what is put back comes first. */
function createBag(random: Random, all: readonly FaultKind[]) {
  const left: FaultKind[] = [];
  return {
    draw(): FaultKind {
      if (left.length === 0) left.push(...random.shuffle(all));
      return left.pop() ?? random.pick(all);
    },
    putBack: (kind: FaultKind): void => void left.push(kind),
  };
}
