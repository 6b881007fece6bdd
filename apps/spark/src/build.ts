import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pipeline } from "@tidemark/pipeline/definition";
import { describeJob, jobText } from "./job.js";
import { buildWheel, readRequirements } from "./wheel.js";

const SPARK_PACKAGE = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0";

/**
 * Writes what spark-submit needs to dist/spark/<pipeline>/: the same bytes for the same definition. Resolves to the paths.
 *
 * @throws SparkError `not-portable`
 */
export async function build(pipeline: Pipeline, root: string): Promise<readonly string[]> {
  const directory = join(root, "dist", "spark", pipeline.name);
  const job = jobText(describeJob(pipeline));
  const wheel = await buildWheel();
  // Spark's executors import from a zip, and from a wheel only under another name.
  const archive = wheel.name.replace(/-py3-none-any\.whl$/, ".zip");
  const files: Readonly<Record<string, string | Uint8Array>> = {
    "job.json": job,
    [wheel.name]: wheel.bytes,
    [archive]: wheel.bytes,
    "requirements.txt": await readRequirements(),
    "run.py": `"""What spark-submit starts."""\n\nimport sys\n\nfrom tidemark_spark.__main__ import main\n\nsys.exit(main())\n`,
    "submit.sh": submitScript(archive),
  };
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, content, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
    paths.push(path);
  }
  return paths;
}

function submitScript(archive: string): string {
  return `#!/usr/bin/env bash
# Submits the job: ./submit.sh --master MASTER [options of spark-submit] [-- options of the job, such as --until-caught-up]
# KAFKA_BROKERS and DATABASE_URL are needed. KAFKA_TOPIC, KAFKA_GROUP and KAFKA_OPTIONS (JSON of options of Spark's Kafka source) are
# optional. The driver's and the executors' Python need what requirements.txt lists, but for pyspark.
set -eu
: "\${KAFKA_BROKERS:?is not set: host:port of the brokers}" "\${DATABASE_URL:?is not set: postgresql://user@host/database}"
cd "$(dirname "\${BASH_SOURCE[0]}")"
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
if [ $# -gt 0 ]; then shift; fi
# One task for each partition of the topic, and a lost one is tried again.
exec "\${SPARK_SUBMIT:-spark-submit}" --packages "\${SPARK_KAFKA_PACKAGE-${SPARK_PACKAGE}}" --py-files ${archive} \\
  --conf spark.task.maxFailures=8 "\${options[@]}" run.py job.json "$@"
`;
}
