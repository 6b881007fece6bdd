/**
 * `nx run real-kafka:run`. Exit code 0 when it was stopped, 1 when Kafka ended by itself or could not be got, 2 for a wrong
 * option, port or directory.
 */
import { join } from "node:path";
import { findRepositoryRoot, resolveTidemarkDir, watchParent } from "@tidemark/cli";
import { RealKafkaError, type RealKafkaErrorCode, startRealKafka } from "./index.js";
import { parseOptions, usage } from "./options.js";

const refusals = new Set<RealKafkaErrorCode>(["unusable-directory", "in-use", "port-in-use"]);
const complain = (line: string): void => void process.stderr.write(`real-kafka  ${line}\n`);

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if ("problem" in options) {
    complain(options.problem);
    return 2;
  }
  const home = resolveTidemarkDir(process.env["TIDEMARK_DIR"], findRepositoryRoot(import.meta.url));
  const { dir = join(home, "real-kafka"), port = 0, cache } = options;
  const signal = stopSignal();
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
      return 0;
    }
    complain(`Kafka has ended by itself: ${last.at(-1) ?? "it said nothing"}. More is in ${join(dir, "kafka.log")}.`);
    return 1;
  } catch (error) {
    if (!(error instanceof RealKafkaError)) throw error;
    if (error.code === "stopped") return 0;
    complain(error.message);
    return refusals.has(error.code) ? 2 : 1;
  }
}

/** Aborts on Ctrl-C, SIGTERM, SIGHUP, and when the process that started this one is gone. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, stop);
  watchParent(stop);
  return stopping.signal;
}

// Whoever read the output may be gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

process.exitCode = await main().catch((error: unknown) => {
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
});
