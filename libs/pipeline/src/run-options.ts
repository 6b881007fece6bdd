import type { KafkaConnection } from "@tidemark/sources";
import { badOption } from "./errors.js";
import type { CheckpointPolicy } from "./checkpoint-policy.js";
import type { PipelineListener } from "./pipeline-event.js";

export interface RunOptions {
  /** Kafka, as `host:port`. */
  readonly brokers: readonly string[];
  /** TLS and SASL for Kafka; default: neither. */
  readonly connection?: KafkaConnection;
  /** As `postgresql://user:password@host:5432/database`. */
  readonly databaseUrl: string;
  /** Default: the pipeline's name. */
  readonly topic?: string;
  /**
   * The consumer group. Its members read one topic for one pipeline into one database; a consumer that does something else is
   * refused. Default: `tidemark-`, the pipeline's name, and `-` and the topic's where that is another.
   */
  readonly group?: string;
  /** Stops the pipeline when it aborts, as `stop` does. */
  readonly signal?: AbortSignal;
  /** Called with everything that happens. Must not throw: the pipeline would end. */
  readonly onEvent?: PipelineListener;
  /** `stop` (default) where records were deleted before they were read, or `continue` and count them as lost. */
  readonly onLost?: "stop" | "continue";
  /** Drops rows older than so many days before the lowest watermark; default: all are kept. */
  readonly retentionDays?: number;
  /**
   * A partition that is fully read and has brought no record for so long, in ms, holds back neither the views' `closed` nor retention;
   * default: it does for ever. At least 1,000.
   */
  readonly quietAfterMs?: number;
  /** A batch of the topic that is larger when it is unpacked ends the pipeline; default 64 MiB. */
  readonly maxBatchBytes?: number;
  /** The pipeline ends where a partition would have more ids at once that may still come again; default 10 million. */
  readonly maxLiveIds?: number;
  /**
   * Fetched records, and rows that are not committed yet, take at most about so many bytes over all partitions; default 64 MiB. What
   * is larger by itself, such as one record, is let through alone.
   */
  readonly memoryBytes?: number;
  /** How long a killed process keeps its partitions from others; default 10,000 ms. */
  readonly sessionTimeoutMs?: number;
  /** How long a stop waits for Postgres to take what was read; default 10,000 ms. */
  readonly stopTimeoutMs?: number;
  /** `when-behind` joins the group once `caughtUp` has found something to read; default `at-once`. */
  readonly startReading?: "at-once" | "when-behind";
  readonly checkpoints?: CheckpointPolicy;
}

export interface ResolvedRunOptions extends RunOptions {
  readonly topic: string;
  readonly group: string;
  readonly onLost: "stop" | "continue";
  readonly stopTimeoutMs: number;
  readonly memoryBytes: number;
  readonly startReading: "at-once" | "when-behind";
}

/** No two pipelines, and no two topics of one, have the same. */
function defaultGroup(pipeline: string, topic: string): string {
  return topic === pipeline ? `tidemark-${pipeline}` : `tidemark-${pipeline}-${topic}`;
}

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;
const LEAST_MEMORY_BYTES = 1024 * 1024;
const MAX_RETENTION_DAYS = 99_999;
const MAX_LIVE_IDS = 16_000_000;
const LEAST_QUIET_MS = 1_000;

/** @throws PipelineError `bad-options` */
export function resolveRunOptions(pipeline: string, options: RunOptions): ResolvedRunOptions {
  const { brokers, databaseUrl, retentionDays, quietAfterMs, maxLiveIds, stopTimeoutMs = 10_000 } = options;
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = options;
  const {
    topic = pipeline,
    group = defaultGroup(pipeline, topic),
    onLost = "stop",
    startReading = "at-once",
  } = options;
  if (!Array.isArray(brokers) || brokers.length === 0 || !brokers.every(isHostAndPort)) {
    throw badOption("brokers", brokers, "a list of host:port");
  }
  if (typeof databaseUrl !== "string")
    throw badOption("databaseUrl", databaseUrl, "postgresql://user:password@host:5432/database");
  if (!/^(?!\.{1,2}$)[\w.-]{1,249}$/.test(topic)) {
    throw badOption("topic", topic, "1 to 249 letters, digits, dots, dashes or underscores");
  }
  if (!/^\S{1,255}$/.test(group)) throw badOption("group", group, "1 to 255 characters without spaces");
  if (onLost !== "stop" && onLost !== "continue") throw badOption("onLost", onLost, '"stop" or "continue"');
  if (startReading !== "at-once" && startReading !== "when-behind") {
    throw badOption("startReading", startReading, '"at-once" or "when-behind"');
  }
  const areDays = retentionDays === undefined || isWholeBetween(retentionDays, 1, MAX_RETENTION_DAYS);
  if (!areDays) throw badOption("retentionDays", retentionDays, `a whole number from 1 to ${MAX_RETENTION_DAYS}`);
  if (quietAfterMs !== undefined && !isWholeBetween(quietAfterMs, LEAST_QUIET_MS, Number.MAX_SAFE_INTEGER)) {
    throw badOption("quietAfterMs", quietAfterMs, `a whole number of ms from ${LEAST_QUIET_MS} on`);
  }
  if (maxLiveIds !== undefined && !isWholeBetween(maxLiveIds, 1, MAX_LIVE_IDS)) {
    throw badOption("maxLiveIds", maxLiveIds, `a whole number from 1 to ${MAX_LIVE_IDS}`);
  }
  if (!(Number.isFinite(stopTimeoutMs) && stopTimeoutMs >= 0)) {
    throw badOption("stopTimeoutMs", stopTimeoutMs, "ms from 0 on");
  }
  if (!isWholeBetween(memoryBytes, LEAST_MEMORY_BYTES, Number.MAX_SAFE_INTEGER)) {
    throw badOption("memoryBytes", memoryBytes, `a whole number of bytes from ${LEAST_MEMORY_BYTES} on`);
  }
  return { ...options, topic, group, onLost, stopTimeoutMs, memoryBytes, startReading };
}

const isHostAndPort = (value: unknown) => typeof value === "string" && /^\S+:\d{1,5}$/.test(value);

const isWholeBetween = (value: unknown, least: number, most: number) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
