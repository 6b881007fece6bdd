import { backoffMs, wait } from "./backoff.js";
import { installCodecs } from "./compression/install-codecs.js";
import { evicted, isRetryable, refused, SourceError } from "./errors.js";
import { describeGroup, explainConflict } from "./group-members.js";
import { explainFailure } from "./kafka-failure.js";
import type { KafkaListener, KafkaPort } from "./kafka-port.js";
import { diagnoseFailure } from "./kafka-probe.js";
import { hasTopic, readOffsets } from "./kafkajs-admin.js";
import { findRoot, isKafkajsError, classifyError, typeOf } from "./kafkajs-errors.js";
import { runSession, type JoinedSession, type SessionOptions } from "./kafkajs-session.js";

/** So many sessions in a row may end by an error that nobody knows before a fetch came back; then it counts as fatal. */
const UNKNOWN_ERRORS = 5;
const TOPIC_POLL_MS = 2_000;

/** Others are in the group that this client cannot share it with. */
function isConflict(error: unknown): boolean {
  if (error instanceof SourceError) return error.code === "group-in-use";
  return typeOf(findRoot(error)) === "INCONSISTENT_GROUP_PROTOCOL";
}

/** The port on kafkajs 2.2.4: one session after another until the signal. */
export function createKafkajsPort(options: SessionOptions): KafkaPort {
  installCodecs(options.maxBatchBytes);
  const { topic, brokers } = options;
  let joined: JoinedSession | undefined;

  /** Polls until the topic is there, or the signal. */
  async function awaitTopic(listener: KafkaListener, signal: AbortSignal): Promise<void> {
    for (let misses = 0; !signal.aborted; misses += 1) {
      if (await hasTopic(options, topic, signal)) return;
      if (misses === 0) listener.event({ type: "waiting-for-topic", topic });
      await wait(backoffMs(misses + 1, TOPIC_POLL_MS), signal);
    }
  }

  async function run(listener: KafkaListener, signal: AbortSignal): Promise<void> {
    let failures = 0;
    let unknown = 0;
    let everJoined = false;
    let away = false;
    let conflictSinceMs: number | undefined;

    const session = {
      joined(next: JoinedSession) {
        joined = next;
        conflictSinceMs = undefined;
        if (!everJoined) listener.event({ type: "connected" });
        else if (away) listener.event({ type: "reconnected" });
        everJoined = true;
        away = false;
      },
      fetched() {
        failures = 0;
        unknown = 0;
      },
      assigned: (partitions: readonly number[]) => listener.assigned(partitions),
      batch: listener.batch.bind(listener),
      logEnd: listener.logEnd.bind(listener),
    };

    while (!signal.aborted) {
      try {
        await awaitTopic(listener, signal);
        if (!signal.aborted) await runSession(options, session, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isConflict(error)) {
          const nowMs = performance.now();
          await awaitGroup(listener, nowMs - (conflictSinceMs ??= nowMs), error, signal);
          continue;
        }
        const failure = await diagnoseFailure(error, options, signal);
        if (signal.aborted) return;
        if (failure !== undefined && !failure.retryable) throw failure;
        const verdict = isRetryable(error) ? "transient" : classifyError(error);
        failures += 1;
        unknown += verdict === "unknown" ? 1 : 0;
        if (verdict === "fatal" || unknown > UNKNOWN_ERRORS) {
          throw failure ?? refused(brokers, findRoot(error));
        }
        const root = findRoot(error);
        if (!away) listener.event({ type: "disconnected", error: explainFailure(root, options) ?? root });
        away = true;
        await wait(backoffMs(failures), signal);
      } finally {
        joined = undefined;
      }
    }
  }

  /**
   * Waits before the next try to join a group that others are in. One of them may have been killed: the group keeps it for a
   * session's time, after which the call rejects with `group-in-use`.
   */
  async function awaitGroup(listener: KafkaListener, waitedMs: number, cause: unknown, signal: AbortSignal) {
    const isFirst = waitedMs === 0;
    const isOver = waitedMs > options.sessionTimeoutMs;
    if (isFirst || isOver) {
      const isExplained = cause instanceof SourceError;
      const error = isExplained ? cause : await explainConflict(options, findRoot(cause), signal);
      if (isOver && !signal.aborted) throw error;
      if (isFirst) listener.event({ type: "group-in-use", error });
    }
    await wait(Math.min(TOPIC_POLL_MS, options.sessionTimeoutMs / 4), signal);
  }

  /** Between sessions kafkajs refuses such calls. They are not needed then: the next join sets everything anew. */
  function withConsumer(action: (consumer: JoinedSession["consumer"]) => void): void {
    if (joined === undefined) return;
    try {
      action(joined.consumer);
    } catch (error) {
      if (!isKafkajsError(error)) throw error;
    }
  }

  return {
    run,
    pause(partition) {
      withConsumer((consumer) => consumer.pause([{ topic, partitions: [partition] }]));
    },
    resume(partition, offset) {
      withConsumer((consumer) => {
        consumer.seek({ topic, partition, offset: String(offset) });
        consumer.resume([{ topic, partitions: [partition] }]);
      });
    },
    async commit(nextOffsets) {
      const offsets = [...nextOffsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
      await joined?.consumer.commitOffsets(offsets);
    },
    async confirmMembership(signal) {
      const asked = joined;
      if (asked === undefined) throw new SourceError("evicted", "The group is not joined", { retryable: true });
      const { members } = await describeGroup(options, signal);
      if (joined !== asked || members.some(({ memberId }) => memberId === asked.memberId)) return;
      const others = members.map(({ clientId, host }) => `client "${clientId}" at ${host.replace(/^\//, "")}`);
      const error = evicted(options.group, others);
      asked.end(error);
      throw error;
    },
    readOffsets: (signal) => readOffsets(brokers, topic, { ...options, signal }),
  };
}
