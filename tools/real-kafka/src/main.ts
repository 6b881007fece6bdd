/**
 * `nx run real-kafka:run`. Exit code 0 when it was stopped, 1 when Kafka ended by itself or could not be got, 2 for a wrong
 * option, port or directory.
 */
import { join } from "node:path";
import { answerOptions, createStopSignal, EXIT_CODES, findRepositoryRoot, resolveTidemarkDir } from "@tidemark/cli";
import { RealKafkaError, type RealKafkaErrorCode, startRealKafka } from "./index.js";
import { parseOptions, usage } from "./options.js";

const refusals = new Set<RealKafkaErrorCode>(["unusable-directory", "in-use", "port-in-use"]);
const complain = (line: string): void => void process.stderr.write(`real-kafka  ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind !== "run") return answerOptions(parsed, usage, complain);
  const home = resolveTidemarkDir(process.env["TIDEMARK_DIR"], findRepositoryRoot(import.meta.url));
  const { dir = join(home, "real-kafka"), port = 0, cache } = parsed.options;
  const { signal } = createStopSignal({ withParent: true, closedOutput: "ignore" });
  try {
    const kafka = await startRealKafka({
      dataDir: dir,
      port,
      ...(cache !== undefined && { cacheDir: cache }),
      signal,
      onLine: complain,
    });
    process.stdout.write(`${kafka.address}\n`);
    complain(`ready, with data in ${dir}; for the apps: KAFKA_BROKERS=${kafka.address}`);
    const asked = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    const last = await Promise.race([asked, kafka.ended]);
    await kafka.close();
    if (last === undefined || signal.aborted) {
      complain("stopped");
      return EXIT_CODES.ok;
    }
    complain(`Kafka has ended by itself: ${last.at(-1) ?? "it said nothing"}. More is in ${join(dir, "kafka.log")}.`);
    return EXIT_CODES.failed;
  } catch (error) {
    if (!(error instanceof RealKafkaError)) throw error;
    if (error.code === "stopped") return EXIT_CODES.ok;
    complain(error.message);
    return refusals.has(error.code) ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
}

process.exitCode = await main().catch((error: unknown) => {
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_CODES.failed;
});
