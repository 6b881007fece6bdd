import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRun, verify, type RunOptions, type Verdict } from "@tidemark/verify";
import { lookAt, waitUntilCaughtUp, waitUntilNear, type Places } from "./catch-up.js";
import { startCopier } from "./copier.js";
import { createDiary, type Diary } from "./diary.js";
import { describeFault } from "./fault.js";
import { startGuard } from "./guard.js";
import { injectFaults } from "./injector.js";
import type { ChaosOptions } from "./options.js";
import { startProducer } from "./producer.js";
import { repository } from "./programs.js";
import type { Outcome } from "./report.js";
import { createSchedule, roundsOf } from "./schedule.js";
import { setStage, type Stage } from "./stage.js";

export interface Surroundings {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Whose consumer runs: the repository's (the default), or that of a copy. */
  readonly consumerRoot?: string;
}

const lookEveryMs = 10_000;
const number = new Intl.NumberFormat("en-US");

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

async function play(options: ChaosOptions, stage: Stage, diary: Diary, signal: AbortSignal): Promise<Outcome> {
  const { places, targets } = stage;
  const { seed, rate, consumers, failoverEveryMs } = options;
  const lengthMs = Math.round(options.minutes * 60_000);
  const schedule = createSchedule({ seed, lengthMs, consumers, failoverEveryMs });
  const begunMs = performance.now();
  for (const consumer of targets.consumers) consumer.start(0);
  const producer = startProducer(stage, options, diary);
  const copier = options.copies ? startCopier(places) : undefined;
  // Faults are to hit a pipeline that works: two seconds of the stream may be on their way.
  const near = () => waitUntilNear(places, 2 * rate, signal);
  await near();
  diary.begin();
  const lookout = setInterval(() => void tellStanding(places, diary), lookEveryMs);
  try {
    await injectFaults(roundsOf(lengthMs), schedule, {
      targets,
      signal,
      beforeRound: near,
      onTook: (fault, as) => diary.took(as, describeFault({ ...fault, kind: as })),
      onMissed: (fault) => diary.say("missed", describeFault(fault)),
    });
    diary.say("mended", "all faults are over");
    await near();
    producer.stop();
    await copier?.stop();
    const caughtUp = await waitUntilCaughtUp(places, producer.hasEnded, signal);
    const seconds = (performance.now() - begunMs) / 1_000;
    clearInterval(lookout);
    diary.say(caughtUp ? "caught up" : "stuck", await describeStanding(places));
    await Promise.all(targets.consumers.map((consumer) => consumer.leave()));
    const sent = producer.sent();
    // With copies, the log holds more than the scenario.
    const verdict = caughtUp ? await compare(places, copier === undefined ? sent : null, signal) : null;
    return { ...diary.happenings(), options, schedule, sent, copied: copier?.copied ?? null, seconds, verdict };
  } finally {
    await copier?.stop();
    clearInterval(lookout);
  }
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
  { kafka, databaseUrl, topic }: Places,
  run: RunOptions | null,
  signal: AbortSignal,
): Promise<Verdict> {
  const loaded = run === null ? undefined : await loadRun(run);
  if (typeof loaded === "string") throw new Error(loaded);
  return verify({ ...kafka, databaseUrl, topic, signal, ...(loaded && { scenario: loaded }) });
}
