import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "./apps.js";
import { runMeasured, type Command, type ProcessFigures } from "./measured-process.js";
import type { BenchServers } from "./servers.js";

const run = promisify(execFile);
const folder = join(repositoryRoot, "tools/bench/peers");
const environment = join(repositoryRoot, "dist/bench/python");
/** What Spark loads from Maven Central. */
const packages = join(environment, "packages");

export const peerNames = ["python", "spark", "spark-tuned"] as const;
/** What somebody would take instead: plain Python, or the deck's Spark job, as it is and tuned. */
export type PeerName = (typeof peerNames)[number];

/** A virtual environment with what the peers need, from PyPI and Maven Central; that of an earlier run where it has the same. */
export async function installPeers(): Promise<void> {
  const wanted = join(folder, "requirements.txt");
  const installed = join(environment, "requirements.txt");
  const [text, before] = await Promise.all([readFile(wanted, "utf8"), readFile(installed, "utf8").catch(() => "")]);
  if (text === before) return;
  await rm(environment, { recursive: true, force: true });
  await mkdir(environment, { recursive: true });
  await run("python3", ["-m", "venv", environment]);
  await run(join(environment, "bin/pip"), ["install", "--quiet", "--requirement", wanted]);
  await run(join(environment, "bin/python"), [join(folder, "deck_spark.py"), "install", packages]);
  await copyFile(wanted, installed);
}

export interface PeerWork {
  readonly servers: BenchServers;
  readonly databaseUrl: string;
  readonly topic: string;
}

/** Reads all that the topic holds into the table `plain_user_sales`, which it creates. */
export async function runPeer(name: PeerName, { servers, databaseUrl, topic }: PeerWork): Promise<ProcessFigures> {
  const address = new URL(databaseUrl);
  // A mark of the stack's that libpq does not know.
  address.searchParams.delete("complete");
  const place = [servers.kafkaBrokers.join(","), topic, address.href];
  if (name === "python") return runMeasured([...script("plain_python.py"), ...place], {});
  const kind = name === "spark" ? "as-it-is" : "tuned";
  const directory = await mkdtemp(join(servers.directory, "spark-"));
  return runMeasured([...script("deck_spark.py"), kind, ...place, directory, packages], {});
}

const script = (file: string): Command => [join(environment, "bin/python"), join(folder, file)];
