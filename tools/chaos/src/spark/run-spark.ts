import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed";
import { formatVerdict, loadRun, verify, type Verdict } from "@tidemark/verify";
import { waitUntilCaughtUp, waitUntilNear } from "../catch-up.js";
import type { CopyWatch } from "../copy-watch.js";
import { createDiary, type Diary } from "../diary.js";
import { startGuard } from "../guard.js";
import type { ChaosOptions } from "../options.js";
import { startProducer } from "../producer.js";
import { repository } from "../programs.js";
import { setStage, type Stage } from "../stage.js";
import { startCluster, type SparkCluster } from "./cluster.js";
import { waitUntilConsumerOwns } from "./owner.js";
import { pythonTasksBelow } from "./processes.js";
import { createSparkSchedule, describeSparkFault, type SparkFault } from "./schedule.js";

export interface SparkOutcome {
  readonly counts: SparkCluster["counts"];
  readonly faults: number;
  readonly missed: number;
  readonly seconds: number;
  /** null: the tables did not reach the log's end. */
  readonly verdict: Verdict | null;
}

const COPY_PATIENCE_MS = 5_000;
const COPY_LOOK_MS = 5;

/**
 * One run: servers, a producer, a Spark cluster of two workers, the consumer now and then, faults, and the verdict on the tables.
 * Leaves no process and no directory.
 */
export async function runSpark(
  options: ChaosOptions,
  { say, signal }: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<SparkOutcome> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-chaos-"));
  await chmod(directory, 0o755);
  const guard = startGuard(directory);
  const failing = new AbortController();
  const eitherEnd = AbortSignal.any([signal, failing.signal]);
  const diary = createDiary(say);
  let stage: Stage | undefined;
  let cluster: SparkCluster | undefined;
  try {
    stage = await setStage({
      options: { ...options, consumers: 1 },
      directory,
      guard,
      consumerRoot: repository,
      diary,
      signal: eitherEnd,
      onLost: (server) => failing.abort(new Error(`${server} has ended, and nobody killed it.`)),
    });
    const { kafka, databaseUrl, topic } = stage.places;
    await migrate(socmed, databaseUrl);
    cluster = await startCluster({
      guard,
      directory,
      variables: { KAFKA_BROKERS: kafka.brokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic },
      onSurprise: ({ code, lastWords }) =>
        diary.say("surprise", `the driver ended by itself with code ${code}: ${lastWords.slice(-3).join(" | ")}`),
      say: (line) => diary.say("tables", line),
    });
    return await play(options, stage, cluster, diary, eitherEnd);
  } catch (error) {
    throw eitherEnd.aborted ? eitherEnd.reason : error;
  } finally {
    await cluster?.close();
    await stage?.close();
    await guard.close();
  }
}

async function play(
  options: ChaosOptions,
  stage: Stage,
  cluster: SparkCluster,
  diary: Diary,
  signal: AbortSignal,
): Promise<SparkOutcome> {
  const { places } = stage;
  const schedule = createSparkSchedule({ seed: options.seed, lengthMs: options.minutes * 60_000 });
  const begunMs = performance.now();
  const producer = startProducer(stage, options, diary);
  cluster.startDriver();
  // Faults are to hit a job that works: a Spark that starts has the stream of its start before it.
  const near = () => waitUntilNear(places, 5 * options.rate, signal);
  await near();
  diary.begin();
  let missed = 0;
  for (const fault of schedule) {
    await sleep(fault.afterMs, undefined, { signal });
    if (await inject(fault, stage, cluster, signal)) diary.say("fault", describeSparkFault(fault));
    else {
      missed += 1;
      diary.say("missed", describeSparkFault(fault));
    }
    await near();
  }
  diary.say("mended", "all faults are over");
  producer.stop();
  const caughtUp = await waitUntilCaughtUp(places, producer.hasEnded, signal);
  const seconds = (performance.now() - begunMs) / 1_000;
  await cluster.leaveDriver();
  const sent = producer.sent();
  const loaded = sent === null ? undefined : await loadRun(sent);
  if (typeof loaded === "string") throw new Error(loaded);
  const { kafka, databaseUrl, topic } = places;
  const verdict = caughtUp
    ? await verify({ ...kafka, databaseUrl, topic, signal, ...(loaded && { scenario: loaded }) })
    : null;
  return { counts: cluster.counts, faults: schedule.length - missed, missed, seconds, verdict };
}

/** From its beginning until it is mended. False where there was nobody to hit. */
async function inject(fault: SparkFault, stage: Stage, cluster: SparkCluster, signal: AbortSignal): Promise<boolean> {
  const { consumers, postgres, copies } = stage.targets;
  const [consumer] = consumers;
  const wait = (ms: number) => sleep(ms, undefined, { signal });
  switch (fault.kind) {
    case "kill worker":
      await waitForCopy(copies, signal);
      await cluster.killWorker(fault.worker);
      await wait(fault.forMs);
      cluster.startWorker(fault.worker);
      return true;
    case "kill driver":
      await cluster.killDriver();
      await wait(fault.forMs);
      cluster.startDriver();
      return true;
    case "stop Python": {
      const [task] = pythonTasksBelow(cluster.workerPid(fault.worker));
      if (task === undefined) return false;
      process.kill(task, "SIGSTOP");
      await wait(fault.forMs);
      try {
        process.kill(task, "SIGCONT");
      } catch {
        // Spark has ended it meanwhile.
      }
      return true;
    }
    case "kill Postgres":
      if (!(await postgres.signal("SIGKILL"))) return false;
      await wait(fault.forMs);
      await postgres.start();
      return true;
    case "hand over":
      await cluster.leaveDriver();
      consumer?.start(0);
      await waitUntilConsumerOwns(stage.places.databaseUrl, signal);
      await wait(fault.forMs);
      await consumer?.leave();
      cluster.startDriver();
      return true;
    case "surprise":
      cluster.allowFence(true);
      consumer?.start(0);
      await waitUntilConsumerOwns(stage.places.databaseUrl, signal);
      await wait(fault.forMs);
      await consumer?.leave();
      cluster.allowFence(false);
      return true;
  }
}

/** Resolves in the middle of a COPY, or after five seconds without one. */
async function waitForCopy(copies: CopyWatch, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + COPY_PATIENCE_MS;
  while (performance.now() < deadline && (await copies.find(null)) === undefined) {
    await sleep(COPY_LOOK_MS, undefined, { signal });
  }
}

export function formatSparkOutcome(outcome: SparkOutcome, width: number): string {
  const { counts, faults, missed, seconds, verdict } = outcome;
  return [
    `${faults} faults took effect, and ${missed} found nobody to hit.`,
    `Drivers started: ${counts.driversStarted}; fenced by the consumer: ${counts.fenced}; ended by themselves otherwise: ${counts.failed}.`,
    `Queries begun anew by a driver: ${counts.refolded}.`,
    `${seconds.toFixed(0)} s from the first event until all were in the tables.`,
    "",
    verdict === null ? "Not caught up: nothing has moved for two minutes." : formatVerdict(verdict, width),
  ].join("\n");
}
