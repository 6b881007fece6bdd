import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadRun, verify, type RunOptions, type Verdict } from "@tidemark/verify";
import { lookAt, waitUntilCaughtUp, type Places } from "./catch-up.js";
import { createDiary, type Diary } from "./diary.js";
import { describeFault } from "./fault.js";
import { startGuard } from "./guard.js";
import { injectFaults } from "./injector.js";
import type { ChaosOptions } from "./options.js";
import type { ProcessEnd } from "./owned-process.js";
import { repository } from "./programs.js";
import type { Outcome } from "./report.js";
import { createSchedule } from "./schedule.js";
import { setStage, type Stage } from "./stage.js";

export interface Surroundings {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Whose consumer runs: the repository's (the default), or that of a copy. */
  readonly consumerRoot?: string;
}

const lookEveryMs = 10_000;
const number = new Intl.NumberFormat("en-US");
const scenario = "dirty";
/** Where the producer begins by itself a stream that has an end: with the same bytes in each run. */
const repeatableStartMs = Date.UTC(2024, 1, 3, 17);

/**
 * One run: servers, producer, consumers, faults, and the verdict on the tables. Leaves no process and no directory, also
 * where it rejects: with the signal's reason, or the error of a server that cannot be had.
 */
export async function runChaos(options: ChaosOptions, surroundings: Surroundings): Promise<Outcome> {
  const { signal, consumerRoot = repository } = surroundings;
  const directory = await mkdtemp(join(tmpdir(), "tidemark-chaos-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const guard = startGuard(directory);
  const failing = new AbortController();
  const eitherEnd = AbortSignal.any([signal, failing.signal]);
  const diary = createDiary(surroundings.say);
  let stage: Stage | undefined;
  try {
    stage = await setStage({
      options,
      directory,
      guard,
      consumerRoot,
      diary,
      signal: eitherEnd,
      onLost: (server) => failing.abort(new Error(`${server} has ended, and nobody killed it.`)),
    });
    return await play(options, stage, diary, eitherEnd);
  } catch (error) {
    // Then whatever broke off has done so because of that.
    throw eitherEnd.aborted ? eitherEnd.reason : error;
  } finally {
    await stage?.close();
    await guard.close();
  }
}

async function play(
  options: ChaosOptions,
  { places, targets, startProducer }: Stage,
  diary: Diary,
  signal: AbortSignal,
): Promise<Outcome> {
  const { seed, rate, consumers } = options;
  const lengthMs = Math.round(options.minutes * 60_000);
  const schedule = createSchedule({ seed, lengthMs, consumers });
  const events = Math.ceil((rate * lengthMs) / 1_000);
  // A real Kafka forgets, when it starts again, the producers whose last records are dated more than a day ago; one that
  // sends again what it has no answer for would be taken for a new one, and the log have it twice.
  const startMs = options.kafka === "real" ? Math.floor(Date.now() / 1_000) * 1_000 : repeatableStartMs;
  const begunMs = performance.now();
  for (const consumer of targets.consumers) consumer.start(0);
  const stream = [
    `--scenario=${scenario}`,
    `--seed=${seed}`,
    `--events=${events}`,
    `--rate=${rate}`,
    `--start=${new Date(startMs).toISOString()}`,
  ];
  const producer = startProducer([...stream, "--json"]);
  let producerEnd: ProcessEnd | undefined;
  async function awaitProducer(): Promise<void> {
    producerEnd = await producer.ended;
    const { code, lastWords } = producerEnd;
    if (code !== 0) diary.say("producer", `ended with code ${code}: ${lastWords.join(" | ")}`);
  }
  void awaitProducer();
  await waitForRows(places, signal);

  diary.begin();
  const lookout = setInterval(() => void tellStanding(places, diary), lookEveryMs);
  try {
    await injectFaults(schedule, {
      targets,
      signal,
      onTook: (fault, as) => diary.took(as, describeFault({ ...fault, kind: as })),
      onMissed: (fault) => diary.say("missed", describeFault(fault)),
    });
    diary.say("mended", "all faults are over");
    const caughtUp = await waitUntilCaughtUp(places, () => producerEnd !== undefined, signal);
    const seconds = (performance.now() - begunMs) / 1_000;
    const producerCode = producerEnd?.code ?? null;
    clearInterval(lookout);
    diary.say(caughtUp ? "caught up" : "stuck", await describeStanding(places));
    await Promise.all(targets.consumers.map((consumer) => consumer.leave()));
    const run = producerCode === 0 ? { scenario, seed, events, rate, startMs, startIndex: 0 } : null;
    const verdict = caughtUp ? await compare(places, run, signal) : null;
    return { ...diary.happenings(), options, schedule, producerCode, events, startMs, seconds, verdict };
  } finally {
    clearInterval(lookout);
  }
}

async function waitForRows(places: Places, signal: AbortSignal): Promise<void> {
  while (((await lookAt(places))?.committed ?? 0) === 0) await sleep(100, undefined, { signal });
}

async function tellStanding(places: Places, diary: Diary): Promise<void> {
  diary.say("tables", await describeStanding(places));
}

async function describeStanding(places: Places): Promise<string> {
  const standing = await lookAt(places);
  if (standing === undefined) return "a server does not answer";
  return `${number.format(standing.committed)} of ${number.format(standing.end)} records`;
}

/** The tables against the log; with a run, the log against its scenario too. */
async function compare(
  { brokers, databaseUrl, topic }: Places,
  run: RunOptions | null,
  signal: AbortSignal,
): Promise<Verdict> {
  const loaded = run === null ? undefined : await loadRun(run);
  if (typeof loaded === "string") throw new Error(loaded);
  return verify({ kafkaBrokers: brokers, databaseUrl, topic, signal, ...(loaded && { scenario: loaded }) });
}
