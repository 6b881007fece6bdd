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
import type { KeyLimit, PipelineTimes } from "@tidemark/pipeline";
import type { MonitorAddress } from "@tidemark/pipeline/monitor";
import { z } from "zod";

const definitionUsage = `  PIPELINE           FILE, or FILE#NAME where it exports several pipelines: a module in TypeScript or JavaScript that
                     exports what definePipeline returns (default: the flagship, social media)
  WATERMARK_DELAY, ALLOWED_LATENESS, MAX_FUTURE_SKEW
                     durations that replace those of the pipeline, as the consumer takes them
`;

export const usage = `Usage: nx run spark:build
       nx run spark:serve [--until-caught-up] [--accept-loss] [--show | --json] [--max-offsets=N]

build writes the pipeline for spark-submit to dist/spark/<pipeline>/: job.json, the Python package as a wheel, its pinned
requirements, and submit.sh. serve runs it on Spark on this machine: it reads the topic's events from Kafka and writes them to the
same tables as the consumer, exactly once. A pipeline that the job cannot carry out is refused: the message names the part.

  --until-caught-up  read what the topic held at the start, commit, exit 0
  --accept-loss      go on where records were deleted from Kafka before they were read, and count them as lost
  --show             print each batch as a table
  --json             print progress as lines of JSON
  --max-offsets=N    at most so many records in a batch, over all partitions (default: 500000)
  --help             print this

${definitionUsage}  KAFKA_BROKERS      host:port, several with commas (default: the running stack's)
${kafkaConnectionUsage}                     of which the job takes PLAIN and SCRAM
  KAFKA_TOPIC        default socmed-events; with PIPELINE, its pipeline's name
  KAFKA_GROUP        default as the consumer's: the tables are refused to another group
  DATABASE_URL       postgresql://user:password@host:5432/database (default: the running stack's)
  METRICS_PORT       serves /healthz, /readyz and /metrics (Prometheus) there; 0 is any free port; unset serves nothing
  METRICS_HOST       default 127.0.0.1
  RETENTION_DAYS, QUIET_AFTER
                     as the consumer takes them
  TIDEMARK_DIR       default .tidemark: where the stack says its addresses
`;

const schema = z
  .object({
    command: z.enum(["build", "serve", "environment"]).describe("build, serve or environment").default("build"),
    "--until-caught-up": flag,
    "--accept-loss": flag,
    "--show": flag,
    "--json": flag,
    "--max-offsets": wholeNumber(1, 100_000_000).prefault("500000"),
    PIPELINE: z.string().describe("a module that exports a pipeline").optional(),
    WATERMARK_DELAY: duration.optional(),
    ALLOWED_LATENESS: duration.optional(),
    MAX_FUTURE_SKEW: duration.optional(),
    KEYS_PER_WINDOW: wholeNumber(1, 10_000_000).optional(),
    KEYS_BEYOND: z.enum(["other", "reject"]).describe("other or reject").default("other"),
    ID_SCOPE: z.enum(["partition", "topic"]).describe("partition or topic").optional(),
    KAFKA_TOPIC: topic.optional(),
    KAFKA_GROUP: z
      .string()
      .regex(/^\S{1,255}$/)
      .describe("a group name of 1 to 255 characters without spaces")
      .optional(),
    METRICS_PORT: port(0).optional(),
    METRICS_HOST: hostName.default("127.0.0.1"),
    QUIET_AFTER: duration
      .refine((ms) => ms >= 1_000)
      .describe("a duration of 1s or more, such as 10m")
      .optional(),
    RETENTION_DAYS: wholeNumber(1, 99_999).optional(),
  })
  .refine((given) => !(given["--show"] && given["--json"]), {
    message: "--show got true; it takes no --json beside it: choose one of the two.",
  })
  .transform((given) => ({
    command: given.command,
    untilCaughtUp: given["--until-caught-up"],
    acceptLoss: given["--accept-loss"],
    output: given["--show"] ? ("show" as const) : given["--json"] ? ("json" as const) : ("status" as const),
    maxOffsets: given["--max-offsets"],
    pipeline: given.PIPELINE,
    times: timesOf(given),
    keyLimit:
      given.KEYS_PER_WINDOW === undefined
        ? undefined
        : ({ perWindow: given.KEYS_PER_WINDOW, beyond: given.KEYS_BEYOND } satisfies KeyLimit),
    idScope: given.ID_SCOPE,
    topic: given.KAFKA_TOPIC,
    group: given.KAFKA_GROUP,
    monitor:
      given.METRICS_PORT === undefined
        ? undefined
        : ({ host: given.METRICS_HOST, port: given.METRICS_PORT } satisfies MonitorAddress),
    quietAfterMs: given.QUIET_AFTER,
    retentionDays: given.RETENTION_DAYS,
  }));

interface GivenTimes {
  readonly WATERMARK_DELAY?: number | undefined;
  readonly ALLOWED_LATENESS?: number | undefined;
  readonly MAX_FUTURE_SKEW?: number | undefined;
}

function timesOf({ WATERMARK_DELAY, ALLOWED_LATENESS, MAX_FUTURE_SKEW }: GivenTimes): Partial<PipelineTimes> {
  return {
    ...(WATERMARK_DELAY !== undefined && { watermarkDelayMs: WATERMARK_DELAY }),
    ...(ALLOWED_LATENESS !== undefined && { allowedLatenessMs: ALLOWED_LATENESS }),
    ...(MAX_FUTURE_SKEW !== undefined && { maxFutureSkewMs: MAX_FUTURE_SKEW }),
  };
}

export type SparkOptions = z.output<typeof schema>;

export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<SparkOptions> {
  return parse(schema, args, env);
}
