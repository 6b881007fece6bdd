import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive } from "@tidemark/cli";
import { RealKafkaError } from "./errors.js";
import { commandLineOf } from "./command-line.js";
import { placesIn } from "./storage.js";

/** Longer than its supervisor gives a Kafka whose owner is gone. */
const patienceMs = 30_000;

/** Writes down whose Kafka runs in the directory, for the next start. */
export async function writeOwner(dataDir: string, kafka: number): Promise<void> {
  const { owner } = placesIn(dataDir);
  await writeFile(`${owner}.new`, `${JSON.stringify({ kafka, owner: process.pid })}\n`);
  await rename(`${owner}.new`, owner);
}

/**
 * Waits until the last Kafka in the directory has ended, where its owner is gone and it is about to. Throws `in-use` where
 * the owner lives. What it does not know of, Kafka's own lock tells.
 */
export async function endLeftover(dataDir: string, say: (line: string) => void): Promise<void> {
  const { owner: file, properties } = placesIn(dataDir);
  const text = await readFile(file, "utf8").catch(() => "{}");
  const { kafka = 0, owner = 0 } = JSON.parse(text) as { kafka?: number; owner?: number };
  const runs = (): boolean => commandLineOf(kafka).includes(` kafka.Kafka ${properties}`);
  if (!runs()) return;
  if (isProcessAlive(owner)) {
    throw new RealKafkaError(
      "in-use",
      `${dataDir} is used by a running Kafka (pid ${kafka}) of process ${owner}: stop that one, or give another directory.`,
    );
  }
  say(`waiting for the end of the Kafka with pid ${kafka}, whose owner is gone`);
  const deadline = performance.now() + patienceMs;
  while (runs()) {
    // Its supervisor is gone too.
    if (performance.now() > deadline) process.kill(kafka, "SIGKILL");
    await delay(50);
  }
}
