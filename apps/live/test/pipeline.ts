import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBroker } from "@tidemark/embedded-kafka";

const execute = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Sends a scenario's first events through a broker and the real programs into the database. */
export async function runPipeline(
  databaseUrl: string,
  { scenario, events, startMs }: { readonly scenario: string; readonly events: number; readonly startMs: number },
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-live-kafka-"));
  const broker = await startBroker({ dataDir: directory });
  const run = (app: string, args: readonly string[]) =>
    execute(
      process.execPath,
      ["--conditions=@tidemark/source", "--import", "tsx", `apps/${app}/src/main.ts`, ...args],
      {
        cwd: repository,
        env: { ...process.env, KAFKA_BROKERS: broker.address, DATABASE_URL: databaseUrl },
      },
    );
  try {
    const start = new Date(startMs).toISOString();
    const stream = [`--scenario=${scenario}`, "--seed=1", `--events=${events}`, `--start=${start}`, "--rate=max"];
    await run("producer", stream);
    await run("consumer", ["--until-caught-up"]);
  } finally {
    await broker.close();
    await rm(directory, { recursive: true, force: true });
  }
}
