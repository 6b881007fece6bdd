import {
  duration,
  flag,
  kafkaConnectionUsage,
  keysGoTogether,
  oneOutput,
  outputFlags,
  parseOptions as parse,
  pipelineVariables,
  readOutput,
  readPipelineVariables,
  wholeNumber,
  type ParsedOptions,
  type PipelineVariables,
} from "@tidemark/cli";
import { z } from "zod";

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

export interface ConsumerOptions extends PipelineVariables {
  readonly untilCaughtUp: boolean;
  /** Goes on behind records that are gone; else they end the consumer. */
  readonly acceptLoss: boolean;
  readonly output: "status" | "show" | "json";
  /** How long a stop waits for Postgres to take what was read. */
  readonly stopTimeoutMs: number;
  /** Unset: the default of libs/sources. */
  readonly maxBatchBytes?: number | undefined;
  /** Undefined: 10 million. */
  readonly maxLiveIds?: number | undefined;
  /** Of fetched records and uncommitted rows, in bytes. Unset: the default of libs/pipeline. */
  readonly memoryBytes?: number | undefined;
}

/** What `serve` and `rebuild` take from the environment. */
export const variables = {
  ...pipelineVariables,
  KAFKA_MAX_BATCH_BYTES: wholeNumber(65_536, 2 ** 31 - 1).optional(),
  MAX_LIVE_IDS: wholeNumber(1, 16_000_000).optional(),
  MEMORY_BUDGET: wholeNumber(1_048_576, 2 ** 40).optional(),
  STOP_TIMEOUT: duration.prefault("10s"),
};

const schema = z
  .object({ "--until-caught-up": flag, "--accept-loss": flag, ...outputFlags, ...variables })
  .refine(...oneOutput)
  .refine(...keysGoTogether)
  .transform((given): ConsumerOptions => ({
    untilCaughtUp: given["--until-caught-up"],
    acceptLoss: given["--accept-loss"],
    output: readOutput(given),
    ...readVariables(given),
  }));

/** The options that come from the environment. */
export function readVariables(given: z.output<z.ZodObject<typeof variables>>) {
  return {
    ...readPipelineVariables(given),
    stopTimeoutMs: given.STOP_TIMEOUT,
    maxBatchBytes: given.KAFKA_MAX_BATCH_BYTES,
    maxLiveIds: given.MAX_LIVE_IDS,
    memoryBytes: given.MEMORY_BUDGET,
  };
}

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<ConsumerOptions> => parse(schema, args, env);
