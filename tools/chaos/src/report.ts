import { formatVerdict, type Verdict } from "@tidemark/verify";
import { describeFault, isKill, type Fault } from "./fault.js";
import { describeSurprise, formatClock, type Happenings } from "./diary.js";
import type { ChaosOptions } from "./options.js";
import type { Sent } from "./producer.js";

/** What came of a run. */
export interface Outcome extends Happenings {
  readonly options: ChaosOptions;
  readonly schedule: readonly Fault[];
  /** null: the producer did not have all acknowledged. */
  readonly sent: Sent | null;
  /** How many records were sent again to other partitions; null: none was to be. */
  readonly copied: number | null;
  /** From the first event until all was caught up with. */
  readonly seconds: number;
  /** null: the tables did not reach the log's end. */
  readonly verdict: Verdict | null;
}

const number = new Intl.NumberFormat("en-US");
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const row = (name: string, count: number): string => `  ${name.padEnd(50)} ${number.format(count).padStart(9)}`;
const rows = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).map(([name, count]) => row(name, count));

export const isEqual = ({ verdict }: Pick<Outcome, "verdict">): boolean => verdict?.equal === true;

/** The plan: when what will happen to whom. */
export function formatSchedule(schedule: readonly Fault[]): string {
  return schedule.map((fault) => `${formatClock(fault.atMs)}  ${describeFault(fault)}`).join("\n");
}

/** How often what happened, and the verifier's verdict. */
export function formatOutcome(outcome: Outcome, width: number): string {
  const { counts, kills, remarks, verdict, surprises, schedule, sent, copied, seconds } = outcome;
  const planned = schedule.filter(({ kind }) => isKill(kind)).length;
  const lines = [
    "Faults that took effect",
    ...rows(counts),
    row(`all, of ${number.format(schedule.length)} in the schedule`, sum(Object.values(counts))),
    row(`SIGKILLs that hit a living process, of ${number.format(planned)}`, kills),
    "",
    "How often a consumer",
    ...rows(remarks),
    row("was started", outcome.consumersStarted),
    row("ended by itself", surprises.length),
    ...surprises.map((surprise) => `    ${describeSurprise(surprise)}`),
    "",
    sent === null
      ? "The producer did not have all acknowledged: only log -> tables is compared."
      : `${number.format(sent.events)} events from ${new Date(sent.startMs).toISOString()} on.`,
    ...(copied === null
      ? []
      : [`${number.format(copied)} records sent again to other partitions: only log -> tables is compared.`]),
    `${seconds.toFixed(0)} s from the first event until all were in the tables.`,
  ];
  const last = verdict === null ? "Not caught up: nothing has moved for two minutes." : formatVerdict(verdict, width);
  return [...lines, "", last].join("\n");
}
