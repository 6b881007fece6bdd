import type { RetryOptions } from "kafkajs";
import { notAuthorized, type FailureContext } from "./kafka-failure.js";
import type { SourceError } from "./errors.js";
import { createClient } from "./kafkajs-client.js";

const SOME: RetryOptions = { retries: 2, initialRetryTime: 50, factor: 0.2, multiplier: 2, maxRetryTime: 200 };

/**
 * Asks for the group's coordinator once more. kafkajs says of every failure that it found none, and swallows that Kafka does
 * not authorize the user for the group: its log has it.
 */
export async function probeGroup(
  context: FailureContext,
  group: string,
  cause: unknown,
  signal?: AbortSignal,
): Promise<SourceError | undefined> {
  let isRefused = false;
  const { brokers, connection } = context;
  const onErrorLog = (text: string): void => {
    isRefused ||= text.startsWith("Response GroupCoordinator") && /authorization failed/i.test(text);
  };
  const client = createClient({ brokers, connection, onErrorLog }, SOME);
  signal?.addEventListener("abort", client.close);
  try {
    const admin = client.kafka.admin();
    await admin.connect();
    await admin.describeGroups([group]);
    await admin.disconnect();
  } catch {
    // Whatever it is: the log has told.
  } finally {
    signal?.removeEventListener("abort", client.close);
    client.close();
  }
  return isRefused ? notAuthorized(brokers.join(", "), `group "${group}"`, context, cause) : undefined;
}
