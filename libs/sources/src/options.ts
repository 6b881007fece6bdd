import { DEFAULT_MAX_BATCH_BYTES } from "./compression/install-codecs.js";
import type { KafkaConnection } from "./connection.js";
import { invalidOption } from "./errors.js";
import type { SourceEvent } from "./event.js";
import type { GroupPurpose } from "./group-protocol.js";
import type { FetchBudget } from "./fetch-budget.js";
import type { SessionOptions } from "./kafkajs-session.js";
import type { Claim } from "./task.js";

export type OnLost = "stop" | "continue";

export interface SourceOptions {
  /** As `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The consumer group; the partitions are shared out among the sources that name the same one. */
  readonly group: string;
  /**
   * What the topic is read for. A source whose group has members with another purpose or topic ends with `group-in-use`, once it
   * has waited a session's time for them to leave. Default: the same for all.
   */
  readonly purpose?: GroupPurpose;
  readonly clientId?: string;
  readonly connection?: KafkaConnection;
  /** A source that is silent for so long loses its partitions to others. Default 30,000. */
  readonly sessionTimeoutMs?: number;
  /** Of one partition in one fetch, before decompression. Default 512 KiB. */
  readonly maxBytesPerPartition?: number;
  /**
   * A batch that is larger when it is unpacked ends the source with `batch-too-large`. The largest of the process's sources
   * holds for all. Default 64 MiB.
   */
  readonly maxBatchBytes?: number;
  /** What fetched batches may take together until their tasks have taken them in; default: they are not limited. */
  readonly memory?: FetchBudget;
  /** Default 4. */
  readonly partitionsConsumedConcurrently?: number;
  /** How long a fetch waits for records when there are none; rebalances and pauses wait for it too. Default 250. */
  readonly maxWaitMs?: number;
  /** How soon partitions that were added to the topic are seen. Default 60,000. */
  readonly metadataMaxAgeMs?: number;
  /** How long a busy task may hold up the other partitions before its own is paused. Default 2,000. */
  readonly maxStallMs?: number;
  /**
   * What to do where records were deleted before they were read. `stop` (the default): `done` rejects with SourceError `lost`,
   * which names the offsets, and the task is given nothing in their place. `continue`: a `gap` event, and the batch counts them.
   */
  readonly onLost?: OnLost;
  readonly claim: Claim;
  readonly onEvent?: (event: SourceEvent) => void;
}

export type ResolvedOptions = SessionOptions & { readonly maxStallMs: number; readonly onLost: OnLost };

/**
 * Fills in the defaults.
 *
 * @throws SourceError `invalid-options`
 */
export function resolveOptions(options: SourceOptions): ResolvedOptions {
  const { brokers, topic, group } = options;
  if (brokers.length === 0) throw invalidOption("brokers", brokers, "at least one host:port");
  for (const broker of brokers) checkBroker(broker);
  if (!/^[\w.-]{1,249}$/.test(topic) || topic === "." || topic === "..") {
    throw invalidOption("topic", topic, "1 to 249 letters, digits, dots, underscores or hyphens");
  }
  if (group === "") throw invalidOption("group", group, "a name");
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000;
  const resolved = {
    sessionTimeoutMs,
    maxBytesPerPartition: options.maxBytesPerPartition ?? 512 * 1024,
    maxBatchBytes: options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES,
    partitionsConsumedConcurrently: options.partitionsConsumedConcurrently ?? 4,
    maxWaitMs: options.maxWaitMs ?? 250,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 60_000,
    maxStallMs: options.maxStallMs ?? 2_000,
  };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) throw invalidOption(name, value, "a positive integer");
  }
  const onLost = options.onLost ?? "stop";
  if (onLost !== "stop" && onLost !== "continue") throw invalidOption("onLost", onLost, '"stop" or "continue"');
  const heartbeatMs = Math.max(1, Math.min(1_000, Math.floor(sessionTimeoutMs / 10)));
  const { clientId, connection, purpose = { key: "", description: "" } } = options;
  return { brokers, topic, group, purpose, clientId, connection, heartbeatMs, onLost, ...resolved };
}

function checkBroker(broker: string): void {
  const port = Number(/^(?:[^:\s]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(broker)?.[1] ?? Number.NaN);
  if (!(port >= 1 && port <= 65_535)) throw invalidOption("brokers", broker, "a host:port each");
}
