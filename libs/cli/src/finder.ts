import { setTimeout as delay } from "node:timers/promises";
import { completeAddress } from "@tidemark/sinks/address";
import type { KafkaConnection } from "@tidemark/sources";
import { parseDatabaseUrl } from "./database-url.js";
import { AddressError } from "./errors.js";
import { parseKafkaBrokers } from "./kafka-brokers.js";
import { readKafkaConnection } from "./kafka-connection.js";
import { resolveTidemarkDir } from "./repository.js";
import { readStackFile, stackFilePath } from "./stack-file.js";

export interface Addresses {
  readonly kafkaBrokers: string[];
  readonly databaseUrl: string;
}

/** What each server's address is called. */
interface AddressNames {
  readonly kafka: "kafkaBrokers";
  readonly postgres: "databaseUrl";
}

export type ServerName = keyof AddressNames;

export interface FindAddressesOptions<Needed extends ServerName> {
  /** A variable that is unset or blank counts as not given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly need: readonly Needed[];
  /** The repository's root. */
  readonly root: string;
  /** How long to wait for a stack, in ms. Default 30,000. */
  readonly waitMs?: number;
  /** Ends the waiting; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called when all variables are right, before the waiting begins. */
  readonly onChecked?: () => void;
  /** Called once, with the path of stack.json, when there is no stack yet and the waiting begins. */
  readonly onWait?: (path: string) => void;
}

/** The addresses that were needed, how to connect to Kafka, and the pid of the stack that any of them came from. */
export type FoundAddresses<Needed extends ServerName> = Pick<Addresses, AddressNames[Needed]> & {
  /** TLS and SASL for these brokers; undefined: neither, as the stack's Kafka. */
  readonly kafkaConnection: KafkaConnection | undefined;
  readonly stackPid: number | undefined;
};

const variables = { kafka: "KAFKA_BROKERS", postgres: "DATABASE_URL" } as const;
const titles = { kafka: "Kafka", postgres: "Postgres" } as const;
const examples = { kafka: "localhost:9092", postgres: "postgresql://user:password@localhost:5432/tidemark" } as const;

/**
 * Each address comes from its variable, else from the stack.json of a running stack, which is waited for. The stack's Postgres
 * address is complete: no `PG*` variable changes it.
 *
 * Throws AddressError: `bad-address` for a variable that holds something else, `bad-connection` for wrong KAFKA_SSL and
 * KAFKA_SASL variables, `no-address` when there is no stack in
 * time or it does not run that server, `bad-stack-file` when some other thing lies where its file belongs.
 */
export async function findAddresses<const Needed extends ServerName>(
  options: FindAddressesOptions<Needed>,
): Promise<FoundAddresses<Needed>> {
  const { need } = options;
  const { KAFKA_BROKERS: brokers, DATABASE_URL: url } = options.env;
  const needed = new Set<ServerName>(need);
  const given: Partial<Addresses> = {
    ...(needed.has("kafka") && isGiven(brokers) && { kafkaBrokers: parseKafkaBrokers(brokers) }),
    ...(needed.has("postgres") && isGiven(url) && { databaseUrl: parseDatabaseUrl(url) }),
  };
  const kafkaConnection = needed.has("kafka") ? await readKafkaConnection(options.env) : undefined;
  if (kafkaConnection !== undefined && given.kafkaBrokers === undefined) throw connectionWithoutBrokers();
  options.onChecked?.();
  const missing = (["kafka", "postgres"] as const).filter(
    (name) => needed.has(name) && given[keyOf[name]] === undefined,
  );
  const fromStack = missing.length === 0 ? undefined : await askStack(missing, options);
  return { ...fromStack, ...given, kafkaConnection, stackPid: fromStack?.stackPid } as FoundAddresses<Needed>;
}

const keyOf: AddressNames = { kafka: "kafkaBrokers", postgres: "databaseUrl" };

async function askStack(
  missing: readonly ServerName[],
  options: FindAddressesOptions<ServerName>,
): Promise<Partial<Addresses> & { stackPid: number }> {
  const { signal, waitMs = 30_000 } = options;
  const directory = resolveTidemarkDir(options.env.TIDEMARK_DIR, options.root);
  const deadline = performance.now() + waitMs;
  for (let first = true; ; first = false) {
    signal?.throwIfAborted();
    const stack = await readStackFile(directory);
    if (stack !== undefined) {
      const absent = missing.filter((name) => stack[keyOf[name]] === undefined);
      if (absent.length > 0) throw notInStack(absent, stack.pid);
      const { kafkaBrokers, databaseUrl, pid } = stack;
      return {
        ...(kafkaBrokers && { kafkaBrokers: [...kafkaBrokers] }),
        ...(databaseUrl !== undefined && { databaseUrl: completeAddress(databaseUrl) }),
        stackPid: pid,
      };
    }
    if (performance.now() >= deadline) throw noStack(missing, stackFilePath(directory), waitMs);
    if (first) options.onWait?.(stackFilePath(directory));
    await delay(100, undefined, signal && { signal }).catch(() => undefined);
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== "";
}

function connectionWithoutBrokers(): AddressError {
  return new AddressError(
    "bad-connection",
    "KAFKA_SSL or KAFKA_SASL variables are set, but KAFKA_BROKERS is not: the stack's Kafka takes neither TLS nor SASL.",
  );
}

function noStack(missing: readonly ServerName[], path: string, waitMs: number): AddressError {
  const waited = waitMs > 0 ? ` (waited ${waitMs / 1000} s for ${path})` : ` (looked for ${path})`;
  return new AddressError(
    "no-address",
    `no address for ${list(missing)}: no stack is running${waited}. ` +
      `Start one with \`nx run stack:serve\`, or set ${howToSet(missing)}.`,
  );
}

function notInStack(absent: readonly ServerName[], pid: number): AddressError {
  return new AddressError(
    "no-address",
    `no address for ${list(absent)}: the running stack (pid ${pid}) was started with an address of your own for it. ` +
      `Set ${howToSet(absent)} here as well.`,
  );
}

function list(names: readonly ServerName[]): string {
  return names.map((name) => titles[name]).join(" and ");
}

function howToSet(names: readonly ServerName[]): string {
  return names.map((name) => `${variables[name]} (such as ${examples[name]})`).join(" and ");
}
