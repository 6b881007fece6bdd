import { createStream, type Scenario, type Stream } from "@tidemark/socmed/scenario";
import type { KafkaConnection } from "@tidemark/sources/kafkajs";
import type { Message, Producer, RecordMetadata } from "kafkajs";
import { unlessAborted } from "./abort.js";
import { createClient } from "./client.js";
import { createLanes, type Lanes } from "./lanes.js";
import { REPEATABLE_START_MS, type Course } from "./course.js";
import type { ProducerOptions } from "./options.js";
import { createPartitioner } from "./partition.js";
import { prepareKafka, warnOfTimes } from "./prepare.js";
import { keepRecent, sendRate, type Sample } from "./progress.js";
import type { Report, RunHead } from "./report.js";
import { createRetrier } from "./retry.js";
import { sendStream } from "./send.js";

const SHORTEST_SHOWN_GAP_MS = 1_000;

export interface ProducerRun {
  readonly options: ProducerOptions;
  readonly course: Course;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly brokers: readonly string[];
  /** TLS and SASL for them; undefined: neither. */
  readonly connection?: KafkaConnection | undefined;
  readonly report: Report;
  readonly progressEveryMs: number;
  /** Aborted to make no more events, send what was made, and end. */
  readonly stop: AbortSignal;
  /** Aborted to end without waiting for answers. */
  readonly giveUp: AbortSignal;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds of a clock that only rises. */
  readonly monotonicMs: () => number;
}

/**
 * One run, from connecting to the last answer. Resolves to whether every event that was sent is acknowledged. It may leave
 * connections and timers behind: the process ends with it.
 *
 * @throws KafkaRefusedError when Kafka refuses the topic or an event for good, after what came of the others was reported
 */
export async function runProducer(run: ProducerRun): Promise<boolean> {
  const { options, report, stop } = run;
  const kafka = run.brokers.join(",");
  const { brokers, connection } = run;
  const client = createClient(brokers, connection);
  const { topic } = options;
  const retrier = createRetrier({ kafka, context: { brokers, connection, topic }, say: report.warn });

  const partitions = await unlessAborted(stop, prepareKafka(client, retrier, options, report.warn));
  if (partitions === null) return true;
  const { first, end, paced, rate, speed } = run.course;
  const startMs = run.course.startMs ?? startForFirstNow(run);
  // Not after what Kafka is asked below: every event would be sent by so much later than it says.
  const begunMs = run.monotonicMs();
  const elapsedMs = (): number => run.monotonicMs() - begunMs;
  const stream = createTimedStream(run, startMs);
  const schedule = { arrivalMs: (index: number) => stream.arrivalMs(index) / speed, first, end };
  const times = { topic: options.topic, paced, stream, schedule, nowMs: run.now() };
  await unlessAborted(stop, warnOfTimes(client.admin, retrier, times, report.warn));

  const gapMs = schedule.arrivalMs(first + 1) - schedule.arrivalMs(first);
  const showsRecords = paced && gapMs >= SHORTEST_SHOWN_GAP_MS;
  const lanes = createLanes({
    partitions,
    deliver: (messages) => retrier.run(() => sendTo(client.producer, options.topic, messages)),
    ...(showsRecords ? { onAcknowledged: report.acknowledged } : {}),
  });
  const head = {
    scenario: options.scenario,
    seed: run.seed,
    rate,
    speed,
    startMs,
    firstIndex: first,
    topic,
    partitions,
    kafka,
  };
  report.started(head);
  const sending = sendStream({
    stream,
    schedule,
    elapsedMs: paced ? elapsedMs : () => Number.POSITIVE_INFINITY,
    lanes,
    partitionOf: createPartitioner(partitions),
    isHeld: retrier.isFailing,
    stop,
  });
  return await follow(run, head, lanes, elapsedMs, sending);
}

/** Reports the progress of the sending, and its end. */
async function follow(
  run: ProducerRun,
  head: RunHead,
  lanes: Lanes,
  elapsedMs: () => number,
  sending: Promise<number>,
): Promise<boolean> {
  let samples: Sample[] = [{ ...lanes.counts(), atMs: 0 }];
  const timer = setInterval(() => {
    const counts = lanes.counts();
    samples = keepRecent(samples, { ...counts, atMs: elapsedMs() });
    run.report.progress(counts, sendRate(samples));
  }, run.progressEveryMs);
  let nextIndex: number | null = null;
  try {
    nextIndex = await unlessAborted(run.giveUp, sending);
    return nextIndex !== null;
  } finally {
    clearInterval(timer);
    const counts = lanes.counts();
    const unanswered = counts.sent - counts.acknowledged - counts.failed;
    run.report.ended(head, { ...counts, unanswered, seconds: elapsedMs() / 1000, nextIndex });
  }
}

async function sendTo(producer: Producer, topic: string, messages: readonly Message[]): Promise<RecordMetadata | null> {
  const answers = await producer.send({ topic, acks: -1, messages: [...messages] });
  return answers[0] ?? null;
}

function createTimedStream({ course, scenario, seed }: ProducerRun, startMs: number): Stream {
  return createStream({ scenario, seed, startMs, ...(course.rate === null ? {} : { rate: course.rate }) });
}

// The start with which the first event arrives now, whatever its index.
function startForFirstNow(run: ProducerRun): number {
  const offsetMs = createTimedStream(run, REPEATABLE_START_MS).arrivalMs(run.course.first) - REPEATABLE_START_MS;
  return Math.round(run.now()) - offsetMs;
}
