import { faultKinds, isKill, type FaultKind } from "./fault.js";
import type { ProcessEnd } from "./owned-process.js";

/** What consumers say of what faults did to them, by what it means. */
export const remarks = {
  "was fenced: another had claimed its partition": /was claimed by another/,
  "ended the connection of one who held a partition": /^ended connection /,
  "noticed that Postgres was away": /^Postgres is away /,
  "noticed that Kafka was away": /^Kafka is away /,
  "claimed again after an error": /^partition \d+: .*; claiming it again$/,
  "processed a checkpoint again without others' events": /; processing it again without their events$/,
  "passed over a quiet partition": /: it holds back neither views nor retention$/,
} as const;

export type Remark = keyof typeof remarks;

/** A consumer that ended by itself. */
export interface Surprise extends ProcessEnd {
  readonly consumer: number;
}

/** What happened in a run, in figures. */
export interface Happenings {
  /** Faults that took effect. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  /** SIGKILLs that hit a living process. */
  readonly kills: number;
  readonly consumersStarted: number;
  readonly remarks: Readonly<Record<Remark, number>>;
  /** Of consumers that ended by themselves. */
  readonly surprises: readonly Surprise[];
}

/** Keeps count, and says with the time what happens. */
export interface Diary {
  /** The faults begin: the time is told from here on. */
  begin(): void;
  say(what: string, text: string): void;
  took(kind: FaultKind, text: string): void;
  consumerStarted(): void;
  note(text: string): void;
  surprise(consumer: number, end: ProcessEnd): void;
  happenings(): Happenings;
}

export function createDiary(print: (line: string) => void): Diary {
  const counts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const said = Object.fromEntries(Object.keys(remarks).map((remark) => [remark, 0])) as Record<Remark, number>;
  const surprises: Surprise[] = [];
  let consumersStarted = 0;
  let begunMs = performance.now();

  const say = (what: string, text: string): void =>
    print(`${formatClock(performance.now() - begunMs)}  ${what.padEnd(8)}  ${text}`);

  return {
    begin() {
      begunMs = performance.now();
    },
    say,
    took(kind, text) {
      counts[kind] += 1;
      say("fault", text);
    },
    consumerStarted() {
      consumersStarted += 1;
    },
    note(text) {
      for (const [remark, pattern] of Object.entries(remarks)) if (pattern.test(text)) said[remark as Remark] += 1;
    },
    surprise(consumer, end) {
      surprises.push({ consumer, ...end });
      say("surprise", describeSurprise({ consumer, ...end }));
    },
    happenings: () => ({
      counts,
      kills: faultKinds.reduce((sum, kind) => sum + (isKill(kind) ? counts[kind] : 0), 0),
      consumersStarted,
      remarks: said,
      surprises,
    }),
  };
}

/** `  12.3 s`. */
export const formatClock = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(7)} s`;

export const describeSurprise = ({ consumer, code, lastWords }: Surprise): string =>
  `consumer ${consumer} ended by itself with code ${code}: ${lastWords.join(" | ") || "it said nothing"}`;
