import { join } from "node:path";
import { type Broker, EmbeddedKafkaError, startBroker } from "@tidemark/embedded-kafka";
import { type EmbeddedPostgres, EmbeddedPostgresError, startPostgres } from "@tidemark/embedded-postgres";
import type { StackOptions } from "./options.js";

export const defaultPorts = { kafka: 19_092, postgres: 15_432 } as const;

export interface Servers {
  readonly kafka: Broker | undefined;
  readonly postgres: EmbeddedPostgres | undefined;
  /** Resolves, to a sentence, when a server ends that nobody closed; never otherwise. */
  readonly failed: Promise<string>;
  close(): Promise<void>;
}

/** Starts what the options ask for, side by side. If one fails, the other is stopped and the error thrown. */
export async function startServers(
  directory: string,
  options: StackOptions,
  say: (line: string) => void,
): Promise<Servers> {
  const started = await Promise.allSettled([
    options.kafka ? startKafka(directory, options.kafkaPort, say) : undefined,
    options.postgres ? startDatabase(directory, options.postgresPort, say) : undefined,
  ]);
  const [kafka, postgres] = started.map((result) => (result.status === "fulfilled" ? result.value : undefined)) as [
    Broker | undefined,
    EmbeddedPostgres | undefined,
  ];
  let closing = false;
  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all([kafka?.close(), postgres?.close()]);
  };
  const failure = started.find((result) => result.status === "rejected");
  if (failure !== undefined) {
    await close();
    throw failure.reason;
  }
  const failed = postgres === undefined ? never : watch(postgres, () => closing);
  return { kafka, postgres, failed, close };
}

const never = new Promise<string>(() => undefined);

async function watch(postgres: EmbeddedPostgres, isClosing: () => boolean): Promise<string> {
  const lines = await postgres.ended;
  return isClosing() ? await never : `Postgres has ended by itself. Its last words:\n${lines.slice(-5).join("\n")}`;
}

/** Whether an error is about what the user asked for (a port, a directory), and its message all that is to be said. */
export function isRefusal(error: unknown): boolean {
  const refusals = new Set<string>([
    "port-in-use",
    "port-unusable",
    "directory-unusable",
    "directory-locked",
    "unusable-directory",
    "wrong-version",
    "in-use",
  ]);
  return (error instanceof EmbeddedKafkaError || error instanceof EmbeddedPostgresError) && refusals.has(error.code);
}

function startKafka(directory: string, port: number | undefined, say: (line: string) => void): Promise<Broker> {
  const log = (line: string): void => say(`Kafka: ${line}`);
  return onPort("Kafka", port, defaultPorts.kafka, say, (chosen) =>
    startBroker({ dataDir: join(directory, "kafka"), port: chosen, log }),
  );
}

function startDatabase(
  directory: string,
  port: number | undefined,
  say: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const log = (line: string): void => {
    if (isWorthSaying(line)) say(`Postgres: ${line}`);
  };
  return onPort("Postgres", port, defaultPorts.postgres, say, (chosen) =>
    startPostgres({ dataDir: join(directory, "postgres"), port: chosen, log }),
  );
}

/** A default port that is taken makes way for a free one; one that was asked for does not. */
async function onPort<T extends { readonly port: number }>(
  name: string,
  wanted: number | undefined,
  fallback: number,
  say: (line: string) => void,
  start: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await start(wanted ?? fallback);
  } catch (error) {
    const taken = (error as { code?: unknown }).code === "port-in-use";
    if (!taken || wanted !== undefined) throw error;
    const server = await start(0);
    say(`port ${fallback} is taken: ${name} listens on ${server.port}`);
    return server;
  }
}

/** All that the library says, and of what Postgres prints (its lines begin with a time or a tab) what is alarming. */
function isWorthSaying(line: string): boolean {
  if (!/^(\d{4}-\d\d-\d\d |\t)/.test(line)) return true;
  return /\bPANIC: |No space left|out of memory|was terminated by signal/.test(line);
}
