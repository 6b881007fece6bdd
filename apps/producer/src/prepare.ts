import type { Stream } from "@tidemark/socmed/scenario";
import type { Admin, Producer } from "kafkajs";
import { DEFAULT_PARTITIONS, type ProducerOptions } from "./options.js";
import type { Retrier } from "./retry.js";
import type { Schedule } from "./schedule.js";
import { ensureTopic, findPartitionsWithRecordsFrom } from "./topic.js";

// The watermark delay that consumers have by default.
const WATERMARK_DELAY_MS = 300_000;
// Kafka refuses records whose timestamp lies further ahead of its clock (message.timestamp.after.max.ms).
const FUTURE_LIMIT_MS = 3_600_000;

type Say = (line: string) => void;

/** Connects, and creates the topic where it is missing. Resolves to its number of partitions. */
export async function prepareKafka(
  { admin, producer }: { readonly admin: Admin; readonly producer: Producer },
  retrier: Retrier,
  { topic, partitions: asked }: ProducerOptions,
  say: Say,
): Promise<number> {
  await retrier.run(() => admin.connect());
  const state = await retrier.run(() => ensureTopic(admin, topic, asked ?? DEFAULT_PARTITIONS));
  await retrier.run(() => producer.connect());
  const { partitions, created } = state ?? { partitions: asked ?? DEFAULT_PARTITIONS, created: false };
  if (!created && asked !== null && asked !== partitions) {
    say(`Topic ${topic} is there already, with ${partitions} partitions: --partitions=${asked} has no effect.`);
  }
  return partitions;
}

/** Warns where a consumer would find the run's events late, or a real Kafka would refuse them. */
export async function warnOfTimes(
  admin: Admin,
  retrier: Retrier,
  { topic, paced, stream, schedule, nowMs }: RunTimes,
  say: Say,
): Promise<void> {
  const firstArrivalMs = stream.arrivalMs(schedule.first);
  const newer = await retrier.run(() =>
    findPartitionsWithRecordsFrom(admin, topic, firstArrivalMs + WATERMARK_DELAY_MS),
  );
  if (newer !== null && newer.length > 0) {
    say(
      `Topic ${topic} holds records that are more than 5 minutes newer than ${new Date(firstArrivalMs).toISOString()}, ` +
        `where this run begins, in ${partitionsText(newer)}: events that are older than those will be late there. ` +
        "A fresh TIDEMARK_DIR, another --topic or a later --start avoids that.",
    );
  }
  const furthest = !paced && Number.isFinite(schedule.end) ? schedule.end - 1 : schedule.first;
  if (stream.arrivalMs(furthest) > nowMs + FUTURE_LIMIT_MS) {
    say(
      `Event ${furthest} arrives at ${new Date(stream.arrivalMs(furthest)).toISOString()}, more than an hour ahead of the clock: ` +
        "Kafka may refuse such records.",
    );
  }
}

export interface RunTimes {
  readonly topic: string;
  readonly paced: boolean;
  readonly stream: Stream;
  readonly schedule: Schedule;
  readonly nowMs: number;
}

function partitionsText(partitions: readonly number[]): string {
  return partitions.length === 1 ? `partition ${partitions[0]}` : `partitions ${partitions.join(", ")}`;
}
