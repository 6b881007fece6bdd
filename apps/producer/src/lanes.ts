import type { Message, RecordMetadata } from "kafkajs";

/** What has become of the events so far. `sent - acknowledged - failed` are on their way. */
export interface Counts {
  readonly sent: number;
  readonly acknowledged: number;
  /** Refused by Kafka for good. */
  readonly failed: number;
}

export interface LanesOptions {
  readonly partitions: number;
  /**
   * Sends the messages of one partition, in order, and rides out Kafka's absences; null where Kafka had them already.
   * It rejects only if they will never be taken.
   */
  readonly deliver: (messages: readonly Message[]) => Promise<RecordMetadata | null>;
  readonly onAcknowledged?: (messages: readonly Message[], metadata: RecordMetadata | null) => void;
}

/**
 * One lane per partition, with one request in flight in each. That is what makes retries right: kafkajs gives a batch its
 * sequence numbers anew when it is tried again, so a second batch of the same partition must not overtake it, or the broker
 * would take the one for the other.
 */
export interface Lanes {
  /** Puts a message at the end of its partition's lane; `flush` sends it. */
  push(partition: number, message: Message): void;
  flush(): void;
  /** Messages that were pushed and have no answer yet. */
  waiting(): number;
  counts(): Counts;
  /** Resolves at the next answer, or at once if nothing is under way. */
  nextAnswer(): Promise<void>;
  /** Throws what `deliver` rejected with, if it did. */
  throwIfRefused(): void;
}

// Kafka's default limit for a batch is 1 MB; kafkajs's grouping is quadratic in the number of messages.
const MAX_MESSAGES_PER_SEND = 1_000;

export function createLanes({ partitions, deliver, onAcknowledged }: LanesOptions): Lanes {
  const lanes = Array.from({ length: partitions }, () => ({ queue: [] as Message[], busy: false }));
  const waiters: (() => void)[] = [];
  const refusals: unknown[] = [];
  let sent = 0;
  let acknowledged = 0;
  let failed = 0;
  let pushed = 0;

  async function run(lane: (typeof lanes)[number]): Promise<void> {
    lane.busy = true;
    while (lane.queue.length > 0 && refusals.length === 0) {
      const messages = lane.queue.splice(0, MAX_MESSAGES_PER_SEND);
      sent += messages.length;
      try {
        const metadata = await deliver(messages);
        acknowledged += messages.length;
        onAcknowledged?.(messages, metadata);
      } catch (error) {
        failed += messages.length;
        refusals.push(error);
      }
      for (const wake of waiters.splice(0)) wake();
    }
    lane.busy = false;
  }

  function flush(): void {
    for (const lane of lanes) if (!lane.busy && lane.queue.length > 0) void run(lane);
  }

  return {
    push(partition, message) {
      lanes[partition]?.queue.push(message);
      pushed++;
    },
    flush,
    waiting: () => pushed - acknowledged - failed,
    counts: () => ({ sent, acknowledged, failed }),
    async nextAnswer() {
      if (lanes.some(({ busy }) => busy)) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    throwIfRefused() {
      if (refusals.length > 0) throw refusals[0];
    },
  };
}
