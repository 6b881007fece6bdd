import { parseOptions as parse, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";

export const usage = `Usage: nx run spark:build

Writes the pipeline as data for the Spark job to dist/spark/<pipeline>/job.json. A pipeline that the job cannot carry out is
refused: the message names the part.

  --help     print this

  PIPELINE   FILE, or FILE#NAME where it exports several pipelines: a module in TypeScript or JavaScript that exports what
             definePipeline returns (default: the flagship, social media)
`;

const schema = z
  .object({ PIPELINE: z.string().describe("a module that exports a pipeline").optional() })
  .transform(({ PIPELINE }) => ({ pipeline: PIPELINE }));

export type SparkOptions = z.output<typeof schema>;

export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<SparkOptions> {
  return parse(schema, args, env);
}
