import { setTimeout as sleep } from "node:timers/promises";
import { adviseOnKafka } from "@tidemark/cli";
import { diagnoseFailure, type FailureContext } from "@tidemark/sources/kafkajs";
import { KafkaRefusedError } from "./errors.js";
import { judgeFailure } from "./kafka-failure.js";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

export interface Retrier {
  /**
   * The operation's result, tried again for as long as Kafka is away; null where Kafka says that it has just that already.
   *
   * @throws KafkaRefusedError when Kafka will never do it
   */
  run<T>(operation: () => Promise<T>): Promise<T | null>;
  /** Whether an operation is failing now. */
  isFailing(): boolean;
}

export interface RetrierOptions {
  /** For people: where Kafka should be. */
  readonly kafka: string;
  /** What failures are explained with. */
  readonly context: FailureContext;
  /** Told once when Kafka goes, and once when it is back, whatever the number of operations. */
  readonly say: (line: string) => void;
}

type Attempt<T> =
  { readonly done: true; readonly result: T | null } | { readonly done: false; readonly reason: string };

/** Rides out Kafka's absences, with exponential back-off and jitter. */
export function createRetrier({ kafka, context, say }: RetrierOptions): Retrier {
  let failing = 0;

  async function attempt<T>(operation: () => Promise<T>): Promise<Attempt<T>> {
    try {
      return { done: true, result: await operation() };
    } catch (error) {
      const explained = await diagnoseFailure(error, context);
      if (explained !== undefined && !explained.retryable) {
        const advice = adviseOnKafka(explained.code);
        throw new KafkaRefusedError(`${explained.message}${advice}.`, { cause: error, isConfiguration: advice !== "" });
      }
      const { kind, reason } = judgeFailure(error);
      if (kind === "passing") return { done: false, reason };
      if (kind === "stored") return { done: true, result: null };
      throw new KafkaRefusedError(`Kafka at ${kafka} refuses: ${reason}.`, { cause: error });
    }
  }

  async function run<T>(operation: () => Promise<T>): Promise<T | null> {
    const first = await attempt(operation);
    if (first.done) return first.result;
    failing++;
    if (failing === 1) say(`Kafka at ${kafka} is not available (${first.reason}). Waiting for it, and trying again.`);
    try {
      for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
        await sleep(delayMs * (0.5 + Math.random() / 2));
        const next = await attempt(operation);
        if (!next.done) continue;
        if (failing === 1) say(`Kafka at ${kafka} is back.`);
        return next.result;
      }
    } finally {
      failing--;
    }
  }

  return { run, isFailing: () => failing > 0 };
}
