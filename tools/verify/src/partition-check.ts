import {
  createPartitionOracle,
  type Judgement,
  type OracleDefinition,
  type OracleLedger,
  type PartitionOracle,
} from "@tidemark/scenario/oracle";
import { addLateStart, addNoCheckpoint, addUnread, compareCheckpoint } from "./checkpoint-comparison.js";
import type { DatabaseDecisions } from "./database-decisions.js";
import { inexactSum } from "./errors.js";
import type { Findings } from "./findings.js";
import type { LogBatch, ReadRecord } from "./log-reader.js";
import type { OffsetRange, PartitionPlan } from "./plan.js";
import type { ScenarioComparison } from "./scenario-comparison.js";
import type { JudgedRecord, TableComparison } from "./table-comparison.js";

/** What became of the offsets that the consumer has read. */
export interface Ledger extends OracleLedger {
  /** Offsets without a record. */
  readonly skipped: number;
}

export interface CheckedPartition {
  readonly ledger: Ledger;
  /** As it stands behind the last record that was read. */
  readonly oracle: PartitionOracle;
}

export interface PartitionContext {
  /** Of the partition's checkpoint. */
  readonly definition: OracleDefinition;
  readonly decisions: DatabaseDecisions;
  /** Offsets of records that are left out by a decision. */
  readonly excluded: ReadonlySet<number>;
  readonly tables: TableComparison;
  /** Undefined: no scenario was given. */
  readonly scenario: ScenarioComparison | undefined;
  readonly findings: Findings;
  /** Whether records that no consumer has read are no difference. */
  readonly isPrefix: boolean;
  readonly onOffsets: (offsets: number) => void;
}

type Batches = AsyncIterator<LogBatch>;

/** Takes the partition's batches from the iterator, one after another. */
async function takeBatches(
  { partition, read }: PartitionPlan,
  batches: Batches,
  take: (batch: LogBatch) => Promise<void> | void,
  onOffsets: PartitionContext["onOffsets"],
): Promise<void> {
  for (let at = read.from; at < read.to;) {
    const { value, done } = await batches.next();
    if (done === true) throw new Error(`The log of partition ${partition} ended at ${at}, before ${read.to}.`);
    const batch: LogBatch = value;
    await take(batch);
    onOffsets(batch.to - at);
    at = batch.to;
  }
}

/** Compares what is left of a partition's log with the scenario, where there is one, and with no table. */
export async function compareWithScenario(
  plan: PartitionPlan,
  batches: Batches,
  scenario: ScenarioComparison | undefined,
  onOffsets: PartitionContext["onOffsets"],
): Promise<void> {
  const take = ({ records }: LogBatch): void => {
    for (const record of records) scenario?.take(record);
  };
  await takeBatches(plan, batches, take, onOffsets);
  scenario?.finish();
}

/** Takes the partition's batches from the iterator, and compares all that is known of it. */
export async function checkPartition(
  plan: PartitionPlan,
  batches: Batches,
  context: PartitionContext,
): Promise<CheckedPartition> {
  const { topic, partition, checkpoint, log } = plan;
  const { definition, decisions, excluded, tables, scenario, findings, isPrefix } = context;
  const oracle = createPartitionOracle(definition, decisions.ask, (offset) => excluded.has(offset));
  let skipped = 0;
  let newest: ReadRecord | undefined;

  function judge(record: ReadRecord): Judgement {
    try {
      return oracle.take(record);
    } catch (error) {
      throw error instanceof RangeError ? inexactSum(topic, partition, record.offset, error) : error;
    }
  }

  async function take(batch: LogBatch): Promise<void> {
    if (scenario !== undefined) for (const record of batch.records) scenario.take(record);
    const part = intersect(batch, plan.tables);
    if (part.from >= part.to) return;
    const judged: JudgedRecord[] = batch.records
      .filter(({ offset }) => offset >= part.from && offset < part.to)
      .map((record) => ({ record, judgement: judge(record) }));
    skipped += part.to - part.from - judged.length;
    newest = judged.at(-1)?.record ?? newest;
    await tables.compare(partition, judged, { ended: oracle.takeClosed(), areClosed: true }, part.to);
  }

  await takeBatches(plan, batches, take, context.onOffsets);
  await tables.compare(partition, [], { ended: oracle.takeRest(), areClosed: false }, plan.tables.to);
  await tables.finish(partition);
  await decisions.confirm(findings);
  scenario?.finish();
  if (checkpoint !== undefined) {
    compareCheckpoint(checkpoint, oracle, { skipped, newest }, findings);
    if (checkpoint.startOffset > log.from) addLateStart(findings, partition, log.from, checkpoint.startOffset);
  }
  if (plan.tables.to < log.to && !isPrefix) {
    if (checkpoint === undefined) addNoCheckpoint(findings, partition, log.from, log.to);
    else addUnread(findings, partition, checkpoint.nextOffset, log.to);
  }
  return { ledger: { ...oracle.ledger, skipped }, oracle };
}

function intersect(a: OffsetRange, b: OffsetRange): OffsetRange {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

/** The sum over partitions. */
export function addUp(ledgers: readonly Ledger[]): Ledger {
  const sum = { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, refused: 0, skipped: 0 };
  for (const ledger of ledgers) {
    for (const name of Object.keys(sum) as (keyof Ledger)[]) sum[name] += ledger[name];
  }
  return sum;
}
