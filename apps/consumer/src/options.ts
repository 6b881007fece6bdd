import {
  duration,
  flag,
  hostName,
  kafkaConnectionUsage,
  parseOptions as parse,
  port,
  topic,
  wholeNumber,
  type ParsedOptions,
} from "@tidemark/cli";
import { z } from "zod";
import type { IdScope, KeyLimit, PipelineTimes } from "@tidemark/pipeline";
import type { MonitorAddress } from "@tidemark/pipeline/monitor";

/** Variables that say what is read, from where, and by which definition. */
export const variablesUsage = `  PIPELINE           FILE, or FILE#NAME where it exports several pipelines: a module in TypeScript or JavaScript that
                     exports what definePipeline returns (default: the flagship, social media)
  KAFKA_BROKERS      host:port, several with commas (default: the running stack's)
${kafkaConnectionUsage}  KAFKA_MAX_BATCH_BYTES
                     default 67108864: a batch that is larger when it is unpacked ends the consumer
  MEMORY_BUDGET      default 67108864: fetched records and rows that are not committed yet take at most about so many
                     bytes, over all partitions; fetching pauses where they are used up
  KAFKA_TOPIC        default socmed-events; with PIPELINE, its pipeline's name
  KAFKA_GROUP        default tidemark-, the pipeline's name, and - and the topic's name where that is another: consumers of
                     one group read one topic into one database
  DATABASE_URL       postgresql://user:password@host:5432/database (default: the running stack's)
  WATERMARK_DELAY    default 5m, or the pipeline's: how far behind the highest event time the watermark stays
  ALLOWED_LATENESS   default 0s, or the pipeline's: how long a window still takes events after it closed
  MAX_FUTURE_SKEW    default 1m, or the pipeline's: an event further than this ahead of its record's timestamp is
                     quarantined
  KEYS_PER_WINDOW    how many combinations of keys have a row of their own in a window of a partition (default: all, or
                     as the pipeline says)
  KEYS_BEYOND        what becomes of further ones: other (default) counts them together, reject rejects their records
  ID_SCOPE           partition (default, or as the pipeline says): an id is unique among the events of a partition; topic:
                     among those of all partitions, by a table of ids that each checkpoint writes
  MAX_LIVE_IDS       default 10000000: the consumer ends where a partition would have to remember more ids at once, by
                     which it knows duplicates; 16000000 at most
`;

export const usage = `Usage: nx run consumer:serve [--until-caught-up] [--accept-loss] [--show | --json]

Reads the topic's events from Kafka, gives them their rates and windows, and writes them to Postgres exactly once.

  --until-caught-up  read to the end offsets that stood at the start, commit, exit 0; a topic that does not exist is
                     waited for without limit first, and so are Kafka and Postgres; so is the end of transactions
                     that were open at the start, which it says
  --accept-loss      go on where records were deleted from Kafka before they were read, and count them as lost
  --show             print each batch as a table
  --json             print progress as lines of JSON
  --help             print this

${variablesUsage}  STOP_TIMEOUT       default 10s: how long a stop waits for Postgres to take what was read; a second signal doesn't wait
  METRICS_PORT       serves /healthz, /readyz and /metrics (Prometheus) there; 0 is any free port; unset serves nothing
  METRICS_HOST       default 127.0.0.1
  RETENTION_DAYS     drop raw, late, rejected rows and the finest windows older than so many days before the lowest
                     partition watermark (default: all rows are kept; coarser windows always are)
  QUIET_AFTER        after how long without a record a fully read partition holds back neither the windows that views show as
                     closed nor retention, such as 10m; 1s at least (default: it does for ever)
  TIDEMARK_DIR       default .tidemark: where the stack says its addresses
`;

export interface ConsumerOptions {
  readonly untilCaughtUp: boolean;
  /** Goes on behind records that are gone; else they end the consumer. */
  readonly acceptLoss: boolean;
  readonly output: "status" | "show" | "json";
  /** A module that exports a pipeline; undefined: the flagship. */
  readonly pipeline: string | undefined;
  readonly topic: string | undefined;
  readonly group: string | undefined;
  /** Durations that replace those of the pipeline. */
  readonly times: Partial<PipelineTimes>;
  /** Replaces the limits of keys of the pipeline's rollups. */
  readonly keyLimit?: KeyLimit | undefined;
  /** Replaces the pipeline's. */
  readonly idScope?: IdScope | undefined;
  /** How long a stop waits for Postgres to take what was read. */
  readonly stopTimeoutMs: number;
  /** Where the consumer can be watched, if anywhere. */
  readonly monitor: MonitorAddress | undefined;
  /** Unset: the default of libs/sources. */
  readonly maxBatchBytes?: number | undefined;
  /** Undefined: 10 million. */
  readonly maxLiveIds?: number | undefined;
  /** Of fetched records and uncommitted rows, in bytes. Unset: the default of libs/pipeline. */
  readonly memoryBytes?: number | undefined;
  /** Unset: all rows are kept. */
  readonly retentionDays?: number | undefined;
  /** Unset: a quiet partition holds back views and retention for ever. */
  readonly quietAfterMs?: number | undefined;
}

/** What `serve` and `rebuild` take from the environment. */
export const variables = {
  KAFKA_TOPIC: topic.optional(),
  KAFKA_GROUP: z
    .string()
    .regex(/^\S{1,255}$/)
    .describe("a group name of 1 to 255 characters without spaces")
    .optional(),
  KAFKA_MAX_BATCH_BYTES: wholeNumber(65_536, 2 ** 31 - 1).optional(),
  MAX_LIVE_IDS: wholeNumber(1, 16_000_000).optional(),
  MEMORY_BUDGET: wholeNumber(1_048_576, 2 ** 40).optional(),
  PIPELINE: z.string().optional(),
  WATERMARK_DELAY: duration.optional(),
  ALLOWED_LATENESS: duration.optional(),
  MAX_FUTURE_SKEW: duration.optional(),
  KEYS_PER_WINDOW: wholeNumber(1, 10_000_000).optional(),
  KEYS_BEYOND: z.enum(["other", "reject"]).describe("other or reject").optional(),
  ID_SCOPE: z.enum(["partition", "topic"]).describe("partition or topic").optional(),
  STOP_TIMEOUT: duration.prefault("10s"),
  METRICS_PORT: port(0).optional(),
  METRICS_HOST: hostName.default("127.0.0.1"),
  QUIET_AFTER: duration
    .refine((ms) => ms >= 1_000)
    .describe("a duration of 1s or more, such as 10m")
    .optional(),
  RETENTION_DAYS: z
    .string()
    .regex(/^[1-9]\d{0,4}$/)
    .transform(Number)
    .describe("a whole number of days from 1 to 99999")
    .optional(),
};

const schema = z
  .object({ "--until-caught-up": flag, "--accept-loss": flag, "--show": flag, "--json": flag, ...variables })
  .refine((given) => !(given["--show"] && given["--json"]), {
    message: "--show got true; it takes no --json beside it: choose one of the two.",
  })
  .refine((given) => given.KEYS_BEYOND === undefined || given.KEYS_PER_WINDOW !== undefined, {
    message: "KEYS_BEYOND got no KEYS_PER_WINDOW beside it: set both, or only KEYS_PER_WINDOW.",
  })
  .transform((given): ConsumerOptions => ({
    untilCaughtUp: given["--until-caught-up"],
    acceptLoss: given["--accept-loss"],
    output: given["--show"] ? "show" : given["--json"] ? "json" : "status",
    ...readVariables(given),
  }));

/** The options that come from the environment. */
export function readVariables(given: z.output<z.ZodObject<typeof variables>>) {
  return {
    pipeline: given.PIPELINE,
    topic: given.KAFKA_TOPIC,
    group: given.KAFKA_GROUP,
    times: withoutUndefined({
      watermarkDelayMs: given.WATERMARK_DELAY,
      allowedLatenessMs: given.ALLOWED_LATENESS,
      maxFutureSkewMs: given.MAX_FUTURE_SKEW,
    }),
    keyLimit:
      given.KEYS_PER_WINDOW === undefined
        ? undefined
        : { perWindow: given.KEYS_PER_WINDOW, beyond: given.KEYS_BEYOND ?? "other" },
    idScope: given.ID_SCOPE,
    stopTimeoutMs: given.STOP_TIMEOUT,
    monitor: given.METRICS_PORT === undefined ? undefined : { host: given.METRICS_HOST, port: given.METRICS_PORT },
    maxBatchBytes: given.KAFKA_MAX_BATCH_BYTES,
    maxLiveIds: given.MAX_LIVE_IDS,
    memoryBytes: given.MEMORY_BUDGET,
    retentionDays: given.RETENTION_DAYS,
    quietAfterMs: given.QUIET_AFTER,
  };
}

function withoutUndefined(times: {
  readonly [Name in keyof PipelineTimes]: number | undefined;
}): Partial<PipelineTimes> {
  return Object.fromEntries(Object.entries(times).filter(([, ms]) => ms !== undefined));
}

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<ConsumerOptions> => parse(schema, args, env);
