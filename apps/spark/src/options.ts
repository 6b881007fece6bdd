import {
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
} from "@tidemark/cli";
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
    ...outputFlags,
    "--max-offsets": wholeNumber(1, 100_000_000).prefault("500000"),
    ...pipelineVariables,
  })
  .refine(...oneOutput)
  .refine(...keysGoTogether)
  .transform((given) => ({
    command: given.command,
    untilCaughtUp: given["--until-caught-up"],
    acceptLoss: given["--accept-loss"],
    output: readOutput(given),
    maxOffsets: given["--max-offsets"],
    ...readPipelineVariables(given),
  }));

export type SparkOptions = z.output<typeof schema>;

export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<SparkOptions> {
  return parse(schema, args, env);
}
