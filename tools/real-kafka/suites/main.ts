/**
 * `nx run real-kafka:suites [FILTER...]`: the tests of other projects that run on a broker, as they are, on a real Kafka that
 * is started for them; where TIDEMARK_TEST_KAFKA has an address, on that one. Exit code: vitest's, 1 where Kafka could not be had.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RealKafkaError, startRealKafka } from "../src/index.js";

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));

async function runSuites(address: string): Promise<number> {
  console.log(`the suites run on the Kafka at ${address}`);
  const child = spawn(process.execPath, [vitest, "run", "--config", config, ...process.argv.slice(2)], {
    env: { ...process.env, TIDEMARK_TEST_KAFKA: address },
    stdio: "inherit",
  });
  // Ctrl-C reaches it from the terminal; it ends, and this with it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill());
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

async function main(): Promise<number> {
  const given = process.env["TIDEMARK_TEST_KAFKA"];
  if (given !== undefined) return runSuites(given);
  const dataDir = await mkdtemp(join(tmpdir(), "tidemark-suites-"));
  try {
    const kafka = await startRealKafka({ dataDir, onLine: (line) => console.error(`Kafka: ${line}`) });
    try {
      return await runSuites(kafka.address);
    } finally {
      await kafka.close();
    }
  } catch (error) {
    if (!(error instanceof RealKafkaError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

process.exitCode = await main();
