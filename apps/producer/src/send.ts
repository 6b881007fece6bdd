import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { ScenarioRecord, Stream } from "@tidemark/socmed/scenario";
import type { Message } from "kafkajs";
import type { Lanes } from "./lanes.js";
import { dueUntil, msToSleep, msUntilDue, type Schedule } from "./schedule.js";

// Bounds the memory: at most this many events (about 0.5 KB each) have no answer yet.
const MAX_WAITING = 8_000;
const MAX_AT_ONCE = 2_000;

export interface SendOptions {
  readonly stream: Stream;
  readonly schedule: Schedule;
  /** Milliseconds since the run began; Infinity sends everything as fast as it goes. */
  readonly elapsedMs: () => number;
  readonly lanes: Lanes;
  readonly partitionOf: (key: string) => number;
  /** While true, nothing is made; what is due by then is sent afterwards. */
  readonly isHeld: () => boolean;
  /** Aborted to make no more events; what was made is still sent. */
  readonly stop: AbortSignal;
}

/**
 * Sends the schedule's events in order and resolves to the index after the last once all of them are acknowledged. Open
 * loop: when an event is due depends on the clock alone, never on answers.
 *
 * @throws what the lanes' `deliver` threw, if Kafka refused an event for good
 */
export async function sendStream(options: SendOptions): Promise<number> {
  const { stream, schedule, elapsedMs, lanes, stop } = options;
  const toMessage = createMessages();
  let next = schedule.first;
  let sentAtMs = Number.NEGATIVE_INFINITY;
  while (next < schedule.end && !stop.aborted) {
    lanes.throwIfRefused();
    if (lanes.waiting() >= MAX_WAITING || options.isHeld()) {
      await lanes.nextAnswer();
      await nextTurn();
      continue;
    }
    const lookedAtMs = elapsedMs();
    const until = dueUntil(schedule, next, lookedAtMs, MAX_AT_ONCE);
    if (until === next) {
      await sleepUnless(stop, msToSleep(msUntilDue(schedule, next, lookedAtMs), lookedAtMs - sentAtMs));
      continue;
    }
    sentAtMs = lookedAtMs;
    for (; next < until; next++) {
      const record = stream.at(next);
      const partition = options.partitionOf(record.key);
      lanes.push(partition, toMessage(record, partition));
    }
    lanes.flush();
    // Lets answers in.
    await nextTurn();
  }
  while (lanes.waiting() > 0) {
    lanes.throwIfRefused();
    await lanes.nextAnswer();
  }
  return next;
}

function createMessages(): (record: ScenarioRecord, partition: number) => Message {
  const keys = new Map<string, Buffer>();
  return ({ key, value, timestampMs }, partition) => {
    let keyBytes = keys.get(key);
    if (keyBytes === undefined) {
      keyBytes = Buffer.from(key);
      keys.set(key, keyBytes);
    }
    const valueBytes = value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { key: keyBytes, value: valueBytes, partition, timestamp: String(timestampMs) };
  };
}

async function sleepUnless(stop: AbortSignal, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
