import { duration, parseOptions as parse, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";

export const usage = `Usage: nx run spark:build

Writes the pipeline as data for the Spark job to dist/spark/<pipeline>/job.json. A pipeline that the job cannot carry out is
refused: the message names the part.

  --help     print this

  PIPELINE   FILE, or FILE#NAME where it exports several pipelines: a module in TypeScript or JavaScript that exports what
             definePipeline returns (default: the flagship, social media)
  WATERMARK_DELAY, ALLOWED_LATENESS, MAX_FUTURE_SKEW
             durations that replace those of the pipeline, as the consumer takes them
`;

const schema = z
  .object({
    command: z.enum(["build", "environment"]).describe("build or environment").default("build"),
    PIPELINE: z.string().describe("a module that exports a pipeline").optional(),
    WATERMARK_DELAY: duration.optional(),
    ALLOWED_LATENESS: duration.optional(),
    MAX_FUTURE_SKEW: duration.optional(),
  })
  .transform(({ command, PIPELINE, WATERMARK_DELAY, ALLOWED_LATENESS, MAX_FUTURE_SKEW }) => ({
    command,
    pipeline: PIPELINE,
    times: {
      ...(WATERMARK_DELAY !== undefined && { watermarkDelayMs: WATERMARK_DELAY }),
      ...(ALLOWED_LATENESS !== undefined && { allowedLatenessMs: ALLOWED_LATENESS }),
      ...(MAX_FUTURE_SKEW !== undefined && { maxFutureSkewMs: MAX_FUTURE_SKEW }),
    },
  }));

export type SparkOptions = z.output<typeof schema>;

export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<SparkOptions> {
  return parse(schema, args, env);
}
