import type { Consumer } from "kafkajs";
import { backoffMs, wait } from "./backoff.js";
import { installCodecs } from "./compression/install-codecs.js";
import { isRetryable, refused } from "./errors.js";
import { explainFailure } from "./kafka-failure.js";
import type { KafkaListener, KafkaPort } from "./kafka-port.js";
import { diagnoseFailure } from "./kafka-probe.js";
import { hasTopic, readOffsets } from "./kafkajs-admin.js";
import { findRoot, isKafkajsError, classifyError } from "./kafkajs-errors.js";
import { runSession, type SessionOptions } from "./kafkajs-session.js";
import { patchKafkajsDecoder } from "./kafkajs-record.js";

/** So many sessions in a row may end by an error that nobody knows before a fetch came back; then it counts as fatal. */
const UNKNOWN_ERRORS = 5;
const TOPIC_POLL_MS = 2_000;

/** The port on kafkajs 2.2.4: one session after another until the signal. */
export function createKafkajsPort(options: SessionOptions): KafkaPort {
  patchKafkajsDecoder();
  installCodecs(options.maxBatchBytes);
  const { topic, brokers } = options;
  let consumer: Consumer | undefined;

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

    const session = {
      joined(joinedConsumer: Consumer) {
        consumer = joinedConsumer;
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
    };

    while (!signal.aborted) {
      try {
        await awaitTopic(listener, signal);
        if (!signal.aborted) await runSession(options, session, signal);
      } catch (error) {
        if (signal.aborted) return;
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
        consumer = undefined;
      }
    }
  }

  /** Between sessions kafkajs refuses such calls. They are not needed then: the next join sets everything anew. */
  function withConsumer(action: (consumer: Consumer) => void): void {
    if (consumer === undefined) return;
    try {
      action(consumer);
    } catch (error) {
      if (!isKafkajsError(error)) throw error;
    }
  }

  return {
    run,
    pause(partition) {
      withConsumer((joined) => joined.pause([{ topic, partitions: [partition] }]));
    },
    resume(partition, offset) {
      withConsumer((joined) => {
        joined.seek({ topic, partition, offset: String(offset) });
        joined.resume([{ topic, partitions: [partition] }]);
      });
    },
    async commit(nextOffsets) {
      const offsets = [...nextOffsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
      await consumer?.commitOffsets(offsets);
    },
    readOffsets: (signal) => readOffsets(brokers, topic, { ...options, signal }),
  };
}
