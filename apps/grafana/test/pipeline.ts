import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBroker } from "@tidemark/embedded-kafka";
import { startPostgres } from "@tidemark/embedded-postgres";
import { presets } from "@tidemark/socmed/scenario";
import { Client } from "pg";
import { makeReader } from "../src/reader-role.js";

const fromSource = ["--conditions=@tidemark/source", "--import", "tsx"];
const password = "for this test's reader";

/** Tables that the programs have filled: the producer's stream, through Kafka and the consumer. */
export interface Pipeline {
  /** The owner's. */
  readonly ownerUrl: string;
  /** The role's that Grafana logs in as. */
  readonly readerUrl: string;
  readonly topic: string;
  close(): Promise<void>;
}

/** With all that goes wrong, and with names that SQL and Grafana could stumble over. */
const scenario = {
  ...presets.dirty,
  name: "names",
  cities: ["Jakarta", "Bogor", "Ba'ir", "x','y"],
  platforms: ["Facebook", "TikTok", "insta'gram", "$__timeFrom()", "$city"],
  affinities: [],
};

export const startMs = Date.parse("2024-02-03T17:00:00Z");

export async function runPipeline(events: number): Promise<Pipeline> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-grafana-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const broker = await startBroker({ dataDir: join(directory, "kafka") });
  const postgres = await startPostgres({ dataDir: join(directory, "postgres"), settings: { fsync: "off" } });
  const topic = "names";
  const file = join(directory, "names.json");
  await writeFile(file, JSON.stringify(scenario));
  const env = { KAFKA_BROKERS: broker.address, DATABASE_URL: postgres.databaseUrl, KAFKA_TOPIC: topic };
  await runApp("producer", [`--scenario=${file}`, "--seed=7", `--events=${events}`, "--rate=max", "--json"], env);
  await runApp("consumer", ["--until-caught-up", "--json"], env);
  await makeReader(postgres.databaseUrl, { name: "tidemark_reader", password });
  const readerUrl = new URL(postgres.databaseUrl);
  readerUrl.username = "tidemark_reader";
  readerUrl.password = encodeURIComponent(password);
  return {
    ownerUrl: postgres.databaseUrl,
    readerUrl: readerUrl.href,
    topic,
    async close() {
      await broker.close();
      await postgres.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Runs an app's program to its end, from source. Rejects, with what it said, where it fails. */
async function runApp(
  app: "producer" | "consumer",
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const main = fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [...fromSource, main, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`The ${app} ended with code ${code}: ${said}`);
}

export async function query(databaseUrl: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
