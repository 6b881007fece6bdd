import type { Consumer, EachBatchPayload } from "kafkajs";
import { aborted, settlesWithin } from "./backoff.js";
import { defer, type Deferred } from "./deferred.js";
import type { KafkaListener } from "./kafka-port.js";
import { convertBatch, convertEmptyBatch } from "./kafkajs-batch.js";
import { watchClock } from "./clock-watch.js";
import { foreignAssignment } from "./errors.js";
import { joinedByNewerProtocol } from "./group-members.js";
import { createAssigner, type GroupPurpose } from "./group-protocol.js";
import { createClient, type ClientOptions } from "./kafkajs-client.js";

export interface SessionOptions extends ClientOptions {
  readonly topic: string;
  readonly group: string;
  readonly purpose: GroupPurpose;
  readonly sessionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly maxWaitMs: number;
  readonly metadataMaxAgeMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBatchBytes: number;
  readonly partitionsConsumedConcurrently: number;
}

/** A member of the group, until the session ends or it joins again. */
export interface JoinedSession {
  /** Can be paused and resumed, and so already in `assigned`. */
  readonly consumer: Consumer;
  readonly memberId: string;
  /** The session rejects with this error. */
  end(error: Error): void;
}

export interface SessionListener extends Pick<KafkaListener, "assigned" | "batch" | "logEnd"> {
  joined(session: JoinedSession): void;
  /** A fetch came back: connection, group and decoding work. */
  fetched(): void;
}

const LEAVE_MS = 5_000;

/**
 * One consumer's life: connects, joins, delivers; ends when it crashes (rejects with kafkajs's error) or at the signal
 * (resolves), with its sockets closed. kafkajs could restart a crashed consumer itself, but then it does so after a stop
 * too, keeps what it knew of a broker that is gone, and gives up on errors that pass.
 */
export async function runSession(
  options: SessionOptions,
  listener: SessionListener,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const client = createClient(options, undefined, {
    ownRecords: true,
    fetched(partition, stable, highWatermark) {
      if (ended.signal.aborted) return;
      listener.logEnd(partition, { stable: Number(stable), highWatermark: Number(highWatermark) });
    },
  });
  const consumer = client.kafka.consumer({
    groupId: options.group,
    partitionAssigners: [createAssigner(options.topic, options.purpose)],
    allowAutoTopicCreation: false,
    sessionTimeout: options.sessionTimeoutMs,
    // How long a rebalance waits for a member that does not answer.
    rebalanceTimeout: options.sessionTimeoutMs,
    heartbeatInterval: options.heartbeatMs,
    maxBytesPerPartition: options.maxBytesPerPartition,
    minBytes: 1,
    maxWaitTimeInMs: options.maxWaitMs,
    metadataMaxAge: options.metadataMaxAgeMs,
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });
  const endSession = (): void => ended.abort();
  signal.addEventListener("abort", endSession, { once: true });
  const crashed = watchForCrash(consumer);
  const clock = watchClock(options, crashed.reject);
  try {
    const life = consume(consumer, options, listener, ended.signal, crashed.reject);
    await Promise.race([life, crashed.promise, aborted(ended.signal)]);
  } finally {
    signal.removeEventListener("abort", endSession);
    ended.abort();
    clock.close();
    await settlesWithin(consumer.disconnect(), LEAVE_MS);
    client.close();
  }
}

function watchForCrash(consumer: Consumer): Deferred {
  const crashed = defer();
  consumer.on(consumer.events.CRASH, ({ payload }) => crashed.reject(payload.error));
  return crashed;
}

/** Never resolves before the session ends. */
async function consume(
  consumer: Consumer,
  options: SessionOptions,
  listener: SessionListener,
  ended: AbortSignal,
  reject: (error: unknown) => void,
): Promise<void> {
  const { topic } = options;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (ended.aborted) return;
    if (payload.leaderId === "") {
      reject(joinedByNewerProtocol(options));
      return;
    }
    // Emitted in the same turn in which the assignment takes hold, so that nothing of it has been fetched yet.
    listener.joined({ consumer, memberId: payload.memberId, end: reject });
    listener.assigned(payload.memberAssignment[topic] ?? []);
  });
  // Otherwise kafkajs leaves such partitions out in silence, and nobody reads them.
  consumer.on(consumer.events.RECEIVED_UNSUBSCRIBED_TOPICS, ({ payload }) => {
    const topics = payload.topicsNotSubscribed.map((name) => `"${name}"`).join(", ");
    reject(foreignAssignment(options.group, topic, `partitions of ${topics}`));
  });
  consumer.on(consumer.events.FETCH, () => {
    if (!ended.aborted) listener.fetched();
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (ended.aborted || payload.batchSize > 0) return;
    // Not awaited by kafkajs, and resolved already: where it is not taken, the position brings it back.
    void (async () => listener.batch(convertEmptyBatch(payload), () => Promise.resolve()))().catch(reject);
  });

  await consumer.connect();
  if (ended.aborted) return;
  await consumer.subscribe({ topic, fromBeginning: true });
  if (ended.aborted) return;
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.partitionsConsumedConcurrently,
    async eachBatch({ batch, heartbeat, resolveOffset }: EachBatchPayload) {
      if (ended.aborted) return;
      let fetched;
      try {
        fetched = convertBatch(batch);
      } catch (error) {
        // Thrown here, kafkajs would repeat it.
        reject(error);
        return;
      }
      const taken = await listener.batch(fetched, heartbeat);
      if (taken && !ended.aborted) resolveLeniently(resolveOffset, batch.messages.at(-1)?.offset);
    },
  });
  await aborted(ended);
}

/**
 * kafkajs resolves the last record's offset as the batch's last, trailing markers included. It throws where a rebalance has
 * taken the whole topic from the member meanwhile: then there is nothing to go on with.
 */
function resolveLeniently(resolveOffset: (offset: string) => void, offset: string | number | undefined): void {
  if (offset === undefined) return;
  try {
    resolveOffset(String(offset));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
