import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { PartitionCounts, PipelineHealth } from "../health.js";
import { lagOf, type OwnedPartition } from "../owned-partitions.js";
import type { PipelineListener } from "../pipeline-event.js";

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

/** A metric that is read from the pipeline's health at each request. A value that is not finite is left out. */
interface Reading {
  readonly kind: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  read(health: PipelineHealth): readonly Sample[];
}

const ofProcess = (read: (health: PipelineHealth) => number) => ({
  labelNames: [],
  read: (health: PipelineHealth): readonly Sample[] => [[{}, read(health)]],
});

const ofPartition = (read: (partition: OwnedPartition) => number) => ({
  labelNames: ["partition"],
  read: (health: PipelineHealth): readonly Sample[] =>
    [...health.partitions].map(([partition, one]) => [{ partition }, read(one)]),
});

const ofCounts = (key: keyof PartitionCounts) => ({
  labelNames: ["partition"],
  read: (health: PipelineHealth): readonly Sample[] =>
    [...health.counts].map(([partition, counts]) => [{ partition }, counts[key]]),
});

/** The ledger is the table's: it begins with the partition, not with this process, and goes with it to another consumer. */
const ofLedger = (label: string, kinds: readonly (keyof OwnedPartition["ledger"])[]) => ({
  labelNames: ["partition", label],
  read: (health: PipelineHealth): readonly Sample[] =>
    [...health.partitions].flatMap(([partition, { ledger }]) =>
      kinds.map((kind): Sample => [{ partition, [label]: kind }, ledger[kind]]),
    ),
});

const readings: readonly Reading[] = [
  {
    kind: "gauge",
    name: "tidemark_partition_lag_records",
    help: "Records that can be read and are not committed, as far as the last fetch could tell",
    ...ofPartition(lagOf),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_last_stable_offset",
    help: "The end of what can be read, as the last fetch told it",
    ...ofPartition(({ reach }) => reach.logEndOffset),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_high_watermark",
    help: "The end of the log, as the last fetch told it",
    labelNames: ["partition"],
    read: ({ partitions, held }) =>
      [...partitions].map(([partition, { reach }]): Sample => [
        { partition },
        held.get(partition)?.to ?? reach.logEndOffset,
      ]),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_held_records",
    help: "Records that stand behind an open transaction, and cannot be read before it ends",
    labelNames: ["partition"],
    read: ({ partitions, held }) =>
      [...partitions.keys()].map((partition): Sample => {
        const { from, to } = held.get(partition) ?? { from: 0, to: 0 };
        return [{ partition }, to - from];
      }),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_held_since_timestamp_seconds",
    help: "When the open transaction that holds records back was first seen; absent where there is none",
    labelNames: ["partition"],
    read: ({ held }) => [...held].map(([partition, { sinceMs }]): Sample => [{ partition }, sinceMs / 1000]),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_watermark_timestamp_seconds",
    help: "The watermark as committed; absent before the first event",
    ...ofPartition(({ watermarkMs }) => watermarkMs / 1000),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_watermark_ahead_seconds",
    help: "By how much the watermark was ahead of what arrives when that was noticed (a fast clock); 0 while it is not",
    labelNames: ["partition"],
    read: ({ partitions, watermarksAhead }) =>
      [...partitions.keys()].map((partition): Sample => [
        { partition },
        (watermarksAhead.get(partition)?.aheadMs ?? 0) / 1000,
      ]),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_next_offset",
    help: "The offset behind the last that is committed to Postgres",
    ...ofPartition(({ nextOffset }) => nextOffset),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_epoch",
    help: "The epoch that this claim's commits are fenced by: how often the partition was claimed, by whomever",
    ...ofPartition(({ epoch }) => epoch),
  },
  {
    kind: "counter",
    name: "tidemark_partition_claims_total",
    help: "Claims of the partition by this process",
    ...ofCounts("claims"),
  },
  {
    kind: "counter",
    name: "tidemark_partition_fences_total",
    help: "How often somebody else owned the partition by the time of a commit",
    ...ofCounts("fences"),
  },
  {
    kind: "counter",
    name: "tidemark_partition_pauses_total",
    help: "How often fetching was paused because the partition's task was busy",
    ...ofCounts("pauses"),
  },
  {
    kind: "counter",
    name: "tidemark_partition_resumes_total",
    help: "How often fetching went on after a pause",
    ...ofCounts("resumes"),
  },
  {
    kind: "counter",
    name: "tidemark_records_read_total",
    help: "Records read of the partition since its start, by whichever consumer: the sum of tidemark_records_judged_total",
    ...ofPartition(({ ledger }) => ledger.read),
  },
  {
    kind: "counter",
    name: "tidemark_records_judged_total",
    help: "Records read of the partition since its start, by what became of them",
    ...ofLedger("verdict", ["counted", "duplicate", "late", "quarantined", "rejected", "refused"]),
  },
  {
    kind: "counter",
    name: "tidemark_offsets_without_record_total",
    help: "Offsets that were passed over: skipped (markers, compacted), or lost (deleted before they were read)",
    ...ofLedger("reason", ["skipped", "lost"]),
  },
  {
    kind: "gauge",
    name: "tidemark_all_rejected",
    help: "1 while every record is rejected, since so many in a row were",
    ...ofProcess(({ isAllRejected }) => Number(isAllRejected)),
  },
  {
    kind: "gauge",
    name: "tidemark_kafka_up",
    help: "1 while the group is joined and Kafka answers",
    ...ofProcess(({ isKafkaUp }) => Number(isKafkaUp)),
  },
  {
    kind: "gauge",
    name: "tidemark_postgres_up",
    help: "1 where Postgres answered when it was last asked",
    ...ofProcess(({ isPostgresUp }) => Number(isPostgresUp)),
  },
  {
    kind: "counter",
    name: "tidemark_postgres_retries_total",
    help: "Tries of claims and checkpoints that Postgres did not let through",
    ...ofProcess(({ postgresRetries }) => postgresRetries),
  },
  {
    kind: "gauge",
    name: "tidemark_partition_quiet",
    help: "1 while the partition is fully read and quiet, so that it holds back neither views nor retention",
    labelNames: ["partition"],
    read: ({ partitions, quietPartitions }) =>
      [...partitions.keys()].map((partition): Sample => [{ partition }, Number(quietPartitions.has(partition))]),
  },
  {
    kind: "counter",
    name: "tidemark_closed_windows_changed_total",
    help: "Base windows that changed though they were shown as closed, since a quiet partition had records again",
    ...ofProcess(({ closedWindowsChanged }) => closedWindowsChanged),
  },
  {
    kind: "gauge",
    name: "tidemark_retention_failing",
    help: "1 while the last tries of retention have failed: old rows stay",
    ...ofProcess(({ isRetentionFailing }) => Number(isRetentionFailing)),
  },
];

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const rowBuckets = [1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000];

/** The metrics of one pipeline. */
export interface Metrics {
  readonly contentType: string;
  /** The text exposition, as things stand now. */
  expose(): Promise<string>;
}

export interface MetricsSource {
  readonly health: PipelineHealth;
  subscribe(listener: PipelineListener): () => void;
}

export function createMetrics({ health, subscribe }: MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const durations = new Histogram({
    name: "tidemark_checkpoint_duration_seconds",
    help: "From the first try of a checkpoint to its commit, waits for Postgres included",
    buckets: durationBuckets,
    registers,
  });
  const rows = new Histogram({
    name: "tidemark_checkpoint_rows",
    help: "Rows of events, late and rejected ones that a checkpoint wrote",
    buckets: rowBuckets,
    registers,
  });
  subscribe((event) => {
    if (event.type !== "committed") return;
    durations.observe(event.durationMs / 1000);
    rows.observe(event.rows);
  });
  for (const reading of readings) registry.registerMetric(toMetric(reading, health));
  collectDefaultMetrics({ register: registry });
  return { contentType: registry.contentType, expose: () => registry.metrics() };
}

function toMetric({ kind, name, help, labelNames, read }: Reading, health: PipelineHealth): Gauge | Counter {
  const common = { name, help, labelNames, registers: [] };
  const samples = () => read(health).filter(([, value]) => Number.isFinite(value));
  if (kind === "gauge") {
    return new Gauge({
      ...common,
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.set(labels, value);
      },
    });
  }
  return new Counter({
    ...common,
    collect() {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    },
  });
}
