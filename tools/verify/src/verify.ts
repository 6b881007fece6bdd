import type { PartitionOracle } from "@tidemark/scenario/oracle";
import { addOtherDefinition, checkpointTable } from "./checkpoint-comparison.js";
import { readClosedTo } from "./closed-to.js";
import { readDecisions } from "./database-decisions.js";
import { readDefinition, type VerifiedDefinition } from "./definition.js";
import { anotherCluster, noCheckpoints } from "./errors.js";
import { createFindings, type Findings } from "./findings.js";
import { readLogRanges, type KafkaPlace } from "./kafka-client.js";
import { readLog } from "./log-reader.js";
import { addUp, checkPartition, compareWithScenario, type Ledger } from "./partition-check.js";
import type { ProducerRun } from "./producer-run.js";
import { comparePanels } from "./panels/panel-comparison.js";
import type { ViewChoice } from "./panels/views.js";
import { planPartitions, type PartitionPlan } from "./plan.js";
import { acceptBoundaries, compareDropped, limitRetention, readBoundaries } from "./retention.js";
import { createScenarioComparison, type ScenarioComparison } from "./scenario-comparison.js";
import { listEvents, type EventList } from "./scenario-index.js";
import {
  countTopics,
  findPipeline,
  readCheckpoints,
  readDefinitions,
  readExclusions,
  withSnapshot,
  type Snapshot,
  type StoredCheckpoint,
} from "./snapshot.js";
import { tablesOf } from "./stored-table.js";
import { createTableComparison, type RestSummary } from "./table-comparison.js";
import { countShared, createTopicIdCheck } from "./topic-ids.js";
import type { Verdict } from "./verdict.js";

export interface VerifyOptions extends KafkaPlace {
  readonly databaseUrl: string;
  readonly topic: string;
  /** The pipeline's name, or what definePipeline returns; otherwise the only one that has read the topic into this database. */
  readonly pipeline?: string | { readonly name: string };
  /** Records that no consumer has read yet are no difference. */
  readonly prefix?: boolean;
  /** How many differences are told in full. Default 10. */
  readonly differences?: number;
  /** With it the first link is checked too: scenario -> log. */
  readonly scenario?: ProducerRun;
  /** What of the panels is looked at; otherwise some views that differ in all that matters. */
  readonly view?: ViewChoice;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends it: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface VerifyProgress {
  /** `scenario`: which event belongs to which partition is worked out; `log`: the log is read and compared; `panels`. */
  readonly step: "scenario" | "log" | "panels";
  /** Events, offsets of the log, or queries of panels. */
  readonly done: number;
  readonly of: number;
}

/**
 * Checks the chain link by link: scenario -> log, if a run is given, log -> tables, and the flagship's tables -> panels, from one
 * snapshot of the database, each partition up to its next_offset. Goes on after a difference, so that all are counted.
 *
 * @throws CannotVerifyError where nothing can be said
 */
export async function verify(options: VerifyOptions): Promise<Verdict> {
  const { topic, signal } = options;
  signal?.throwIfAborted();
  const { ranges } = await readLogRanges(options, topic);
  const scenario = options.scenario && (await prepareRun(options.scenario, ranges.length, options));
  const { databaseUrl, pipeline } = options;
  const choice = { topic, pipeline: typeof pipeline === "object" ? pipeline.name : pipeline };
  let name = "";
  async function lock(sql: Snapshot): Promise<string> {
    const found = await findPipeline(sql, choice);
    name = found.pipeline;
    return found.raw;
  }
  return withSnapshot(databaseUrl, (snapshot) => compareAll(snapshot, name, scenario, options), { lock, signal });
}

/** The flagship: the panels that are compared read its tables. */
const pipelineWithPanels = "socmed";

/** The run, and the events that each partition has to hold. */
interface PreparedRun extends ProducerRun {
  readonly lists: readonly EventList[];
}

async function prepareRun(
  run: ProducerRun,
  partitions: number,
  { signal, onProgress }: VerifyOptions,
): Promise<PreparedRun> {
  const lists = await listEvents(run, partitions, (done) => {
    signal?.throwIfAborted();
    onProgress?.({ step: "scenario", done, of: run.events });
  });
  return { ...run, lists };
}

async function compareAll(
  snapshot: Snapshot,
  pipeline: string,
  scenario: PreparedRun | undefined,
  options: VerifyOptions,
): Promise<Verdict> {
  const { topic, prefix = false, signal } = options;
  const checkpoints = await readCheckpoints(snapshot, pipeline, topic);
  const [first] = checkpoints;
  if (first === undefined) throw noCheckpoints(topic, pipeline);
  // After the snapshot's moment, so that the log holds all that the tables were made from.
  const { clusterId, ranges } = await readLogRanges(options, topic);
  for (const { clusterId: stored } of checkpoints) {
    if (stored !== clusterId) throw anotherCluster(topic, stored, clusterId);
  }
  const plans = planPartitions(topic, checkpoints, ranges, scenario !== undefined);
  const definitions = await definitionsOf(snapshot, checkpoints);
  const findings = createFindings(options.differences ?? 10);
  const definition = itemOf(definitions, first.definitionHash);
  const stored = tablesOf(definition);
  const recordTables = [stored.raw, stored.late, stored.rejected].map(({ name }) => name);
  const limits = limitRetention(definition, recordTables, checkpoints);
  const retention = acceptBoundaries(await readBoundaries(snapshot, pipeline), limits, findings);
  const topics = await countTopics(snapshot, pipeline);
  const excluded = await readExclusions(snapshot, pipeline, topic);
  const unproven = plans.flatMap((plan) => plan.unproven ?? []);
  const leaveOut = unproven.map(({ partition }) => partition);
  const context = { snapshot, pipeline, topic, findings, tables: stored, retention, leaveOut };
  const topicIds = await createTopicIdCheck({ ...context, definition });
  const tables = createTableComparison({ ...context, timeField: definition.time.field });

  const closedTo = await readClosedTo(snapshot, { pipeline, topic }, definition, checkpoints, findings);
  let rest: RestSummary;
  let ofIds: Readonly<Record<string, number>>;
  let done = 0;
  const of = plans.reduce((sum, { read }) => sum + read.to - read.from, 0);
  function onOffsets(offsets: number): void {
    signal?.throwIfAborted();
    done += offsets;
    options.onProgress?.({ step: "log", done, of });
  }

  // Postgres sorts first.
  onOffsets(0);
  const ranged = plans.map(({ partition, read }) => ({ partition, ...read }));
  const batches = readLog(options, topic, ranged, signal);
  const ledgers: Ledger[] = [];
  const oracles = new Map<number, PartitionOracle>();
  try {
    for (const plan of plans) {
      const { partition } = plan;
      if (plan.unproven !== undefined) {
        await compareWithScenario(plan, batches, scenario && scenarioOf(scenario, plan, findings), onOffsets);
        continue;
      }
      const hash = plan.checkpoint?.definitionHash ?? first.definitionHash;
      if (hash !== first.definitionHash) addOtherDefinition(findings, partition, first.definitionHash, hash);
      const checked = await checkPartition(plan, batches, {
        definition: itemOf(definitions, hash),
        decisions: await readDecisions({ ...context, definition, topicIds }, partition),
        excluded: excluded.get(partition) ?? new Set(),
        tables,
        scenario: scenario && scenarioOf(scenario, plan, findings),
        findings,
        isPrefix: prefix,
        onOffsets,
      });
      ledgers.push(checked.ledger);
      if (plan.checkpoint !== undefined) oracles.set(partition, checked.oracle);
    }
    await tables.finish(Infinity);
    // What an unproven partition has counted is known to nobody.
    ofIds = (unproven.length === 0 && (await topicIds?.finish(findings))) || {};
    rest = await tables.compareRest(oracles, closedTo);
  } finally {
    await batches.return(undefined);
  }

  const panels =
    pipeline === pipelineWithPanels
      ? await comparePanels({
          snapshot,
          pipeline,
          topic,
          findings,
          choice: options.view ?? null,
          onQuery(queries, ofQueries) {
            signal?.throwIfAborted();
            options.onProgress?.({ step: "panels", done: queries, of: ofQueries });
          },
        })
      : null;

  const summaries = tables.summarise();
  const notes = summaries.flatMap(({ table, leftOut, leftOutRows }) => {
    const boundary = retention.get(table);
    if (boundary === undefined) return [];
    if (unproven.length === 0) compareDropped(table, boundary, { leftOut, leftOutRows, topics }, findings);
    const completeFrom = new Date(boundary.completeFromMs).toISOString();
    return [{ table, completeFrom, leftOut, droppedRows: boundary.droppedRows }];
  });
  const compared = [...summaries, ...rest.views].map(({ table, compared: rows }) => [table, rows] as const);
  const ledger = addUp(ledgers);
  return {
    pipeline,
    topic,
    equal: findings.total === 0 && unproven.length === 0,
    unproven,
    partitions: plans.length,
    definition: { hash: first.definitionHash, ...definition },
    records: ledger.read,
    unread: plans.reduce((sum, plan) => sum + Math.max(0, plan.log.to - plan.tables.to), 0),
    events: scenario?.events ?? null,
    ledger,
    compared: { ...Object.fromEntries(compared), ...ofIds, [checkpointTable]: checkpoints.length - unproven.length },
    views: panels?.views ?? [],
    panels: panels?.compared ?? {},
    retention: notes,
    passedOver:
      closedTo === undefined ? null : { closedTo: new Date(closedTo.ms).toISOString(), changeable: rest.changeable },
    excluded: [...excluded].flatMap(([partition, offsets]) => [...offsets].map((offset) => ({ partition, offset }))),
    sharedIds: topicIds === undefined ? await countShared({ ...context, definition }) : 0,
    topics,
    comparedFrom: latestOf(notes.filter(({ leftOut }) => leftOut > 0).map(({ completeFrom }) => completeFrom)),
    differences: findings.first(),
    counts: findings.counts(),
  };
}

/** Of ISO times. */
const latestOf = (times: readonly string[]) => times.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;

async function definitionsOf(
  snapshot: Snapshot,
  checkpoints: readonly StoredCheckpoint[],
): Promise<ReadonlyMap<string, VerifiedDefinition>> {
  const stored = await readDefinitions(snapshot);
  const used = new Set(checkpoints.map(({ definitionHash }) => definitionHash));
  return new Map([...used].map((hash) => [hash, readDefinition(hash, stored.get(hash))]));
}

function scenarioOf(
  { stream, startIndex, lists }: PreparedRun,
  { partition, log }: PartitionPlan,
  findings: Findings,
): ScenarioComparison {
  const list = lists[partition] ?? new Uint32Array();
  return createScenarioComparison({ stream, startIndex, list, partition, logStart: log.from, findings });
}

function itemOf<T>(map: ReadonlyMap<string, T>, key: string): T {
  const item = map.get(key);
  if (item === undefined) throw new RangeError(`There is nothing for ${key}.`);
  return item;
}
