import {
  DatabaseError,
  TypeOverrides,
  type Client,
  type ClientBase,
  type Pool,
  type PoolClient,
  type QueryResult,
} from "pg";
import { parseAddress, type PostgresAddress } from "../address/parse-address.js";
import { unanswered } from "../errors.js";
import { isReadOnlyServer } from "./availability.js";
import { allowWrites, begin } from "./begin.js";
import { fly, processIdOf } from "./flight.js";
import { createClient, createClientPool } from "./session/drivers.js";
import { explainRefusal } from "./session/explain-refusal.js";
import { NO_LIMITS, type TransactionLimits, type TransactionMode } from "./session/settings.js";
import { SessionStream } from "./session/session-stream.js";

/** Time limits of the writer's transactions; all below the Kafka session timeout (10 s in the consumer). */
export interface WriterLimits extends TransactionLimits {
  /**
   * A transaction is broken off by its client when the connection has been silent for so long, and tried again on another: the
   * network can lose a connection without a word, and no limit of the server's reaches a client then. Default 60,000.
   */
  readonly transactionTimeoutMs?: number;
  /** For so long internal errors (XX000) in a row are waited out, in ms; default 5 minutes. */
  readonly internalErrorLimitMs?: number;
}

export const defaultLimits: WriterLimits = {
  statementTimeoutMs: 8_000,
  lockTimeoutMs: 4_000,
  idleInTransactionTimeoutMs: 8_000,
};

export const defaultTransactionTimeoutMs = 60_000;
const connectTimeoutMs = 10_000;
const queryTimeoutMs = 30_000;
const endTimeoutMs = 1_000;
/** By this name lost connections are told from others, where the address gives no other. */
export const applicationName = "tidemark-sink";
const int8Oid = 20;

// int8 as a number: all that we store stays below 2^53, which the ledger's and the sums' own checks guard.
const types = new TypeOverrides();
types.setTypeParser(int8Oid, Number);

export function createPool(databaseUrl: string | PostgresAddress, connections: number): Pool {
  const address = addressForWriting(databaseUrl);
  const pool = createClientPool(address, {
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: applicationName,
    types,
  });
  // An idle connection that breaks is replaced at its next use, which reports what is wrong.
  pool.on("error", () => {});
  addresses.set(pool, address);
  pool.on("connect", (client) => generations.set(client, generationOf(pool)));
  return pool;
}

const addresses = new WeakMap<Pool, PostgresAddress>();

/** How often all connections of a pool were given up, by pool; and how often that was when a connection was made. */
const generations = new WeakMap<Pool | PoolClient, number>();
const generationOf = (of: Pool | PoolClient) => generations.get(of) ?? 0;

/** A connection that was made since the pool's connections were last given up. */
async function takeConnection(pool: Pool): Promise<PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (generationOf(client) === generationOf(pool)) return client;
    client.release(true);
  }
}

/**
 * After a failover a server that has become a standby keeps its connections, and so does a proxy: a new connection reaches the
 * server that takes writes. So none of the pool's connections is used again.
 */
function giveUpWhereReadOnly(pool: Pool, client: PoolClient, error: unknown): void {
  if (!isReadOnlyServer(error) || generationOf(client) !== generationOf(pool)) return;
  generations.set(pool, generationOf(pool) + 1);
}

/** Of several servers a session here wants one that takes writes, unless the address asks for another kind. */
export function addressForWriting(given: string | PostgresAddress): PostgresAddress {
  const address = typeof given === "string" ? parseAddress(given) : given;
  const isOpen = address.endpoints.length > 1 && address.targetSession === "any";
  return isOpen ? { ...address, targetSession: "writable" } : address;
}

export interface ConnectionOptions {
  /** After so long without an answer a query rejects; default 30 s, 0: never. */
  readonly timeoutMs?: number;
  /** Breaks the connection off, whatever is under way on it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A connection of its own, for `work` alone; ends with it, also where the server has gone silent. Rejects with SinkError
 * `invalid-address` or `refused-connection`, the server's or the network's own error, and what `work` rejects with.
 */
export async function withConnection<T>(
  databaseUrl: string | PostgresAddress,
  work: (client: Client) => Promise<T>,
  { timeoutMs = queryTimeoutMs, signal }: ConnectionOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const address = addressForWriting(databaseUrl);
  const client = createClient(address, {
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: timeoutMs,
    types,
  });
  client.on("error", () => {});
  const breakOff = (): void => void client.connection.stream.destroy();
  signal?.addEventListener("abort", breakOff, { once: true });
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw explainRefusal(error, address);
  } finally {
    signal?.removeEventListener("abort", breakOff);
    const patience = setTimeout(breakOff, endTimeoutMs);
    await client.end().catch(() => {});
    clearTimeout(patience);
  }
}

// Between two statements nobody listens for a connection that the server ends.
const reportedByNextStatement = (): void => {};

/**
 * Whatever is under way on the client rejects, and the connection with it, when no byte has left or come in for
 * `transactionTimeoutMs` (for twice as long at most). A slow link is not silent.
 */
async function within<T>(client: Client, limits: WriterLimits, work: () => Promise<T>): Promise<T> {
  const { transactionTimeoutMs = defaultTransactionTimeoutMs } = limits;
  const { stream } = client.connection;
  const countBytes = () => (stream instanceof SessionStream ? stream.sentBytes + stream.receivedBytes : 0);
  let counted = countBytes();
  const timer = setInterval(() => {
    const now = countBytes();
    if (now === counted) stream.destroy(unanswered(transactionTimeoutMs));
    counted = now;
  }, transactionTimeoutMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Work on one pooled connection, which may begin and end transactions; what it leaves unfinished by an error is rolled back,
 * and the connection given back whatever happens. Where it can't be rolled back, `onLost` is told the backend that may still
 * hold its locks. Work and ROLLBACK end after `transactionTimeoutMs` of silence.
 */
export async function onConnection<T>(
  pool: Pool,
  limits: WriterLimits,
  work: (client: PoolClient) => Promise<T>,
  onLost?: (backendPid: number) => void,
): Promise<T> {
  const client = await takeConnection(pool);
  let ending: Error | undefined;
  const keepFirst = (error: Error): void => void (ending ??= error);
  client.on("error", keepFirst);
  let broken = false;
  const attempt = async (): Promise<T> => {
    try {
      return await within(client, limits, () => work(client));
    } catch (error) {
      await within(client, rollbackLimits(limits), () => client.query("ROLLBACK")).catch(() => {
        broken = true;
        const processId = processIdOf(client);
        if (processId !== undefined) onLost?.(processId);
      });
      throw error;
    }
  };
  try {
    return await attempt().catch(async (error: unknown) => {
      const isAllowed = !broken && (await within(client, limits, () => allowWrites(client, error)));
      if (isAllowed) return attempt();
      throw error;
    });
  } catch (error) {
    giveUpWhereReadOnly(pool, client, error);
    // `pg` only says that the connection can't be used: what Postgres said came between two statements.
    const isBare = error instanceof Error && error.name === "Error" && !("code" in error);
    throw explainRefusal(isBare && ending instanceof DatabaseError ? ending : error, addresses.get(pool));
  } finally {
    client.off("error", keepFirst);
    client.release(broken);
  }
}

function rollbackLimits(limits: WriterLimits): WriterLimits {
  const { transactionTimeoutMs = defaultTransactionTimeoutMs } = limits;
  return { ...limits, transactionTimeoutMs: Math.min(transactionTimeoutMs, defaultTransactionTimeoutMs) };
}

/** One transaction on one pooled connection. */
export function inTransaction<T>(
  pool: Pool,
  limits: WriterLimits,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return onConnection(pool, limits, (client) => transact(client, limits, work));
}

/** One transaction on the client, which is left in it where `work` rejects. */
async function transact<Given extends ClientBase, T>(
  client: Given,
  limits: TransactionLimits,
  work: (client: Given) => Promise<T>,
  isolation?: TransactionMode["isolation"],
): Promise<T> {
  await fly(client, begin(client, limits, isolation));
  const result = await work(client);
  await client.query("COMMIT");
  return result;
}

/**
 * One transaction on a connection of one's own. It is rolled back where the server refuses something, and begun anew where a setting
 * of the role's or the database's is all that made it read-only. Where `work` rejects otherwise, the connection has to be ended.
 */
export function runTransaction<T>(client: ClientBase, limits: TransactionLimits, work: () => Promise<T>): Promise<T> {
  return whereAllowed(client, () => transact(client, limits, work));
}

/** The same with one snapshot for all that it reads. */
export function runSnapshotTransaction<T>(
  client: ClientBase,
  limits: TransactionLimits,
  work: () => Promise<T>,
): Promise<T> {
  return whereAllowed(client, () => transact(client, limits, work, "repeatable read"));
}

async function whereAllowed<T>(client: ClientBase, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    await client.query("ROLLBACK").catch(() => {});
    if (await allowWrites(client, error)) return attempt();
    throw error;
  }
}

/** A transaction on a connection of its own, whose settings do not depend on the role, the database or a pooler. As `withConnection`. */
export function withTransaction<T>(
  databaseUrl: string | PostgresAddress,
  work: (client: Client) => Promise<T>,
  { limits = NO_LIMITS, ...options }: ConnectionOptions & { readonly limits?: TransactionLimits } = {},
): Promise<T> {
  return withConnection(databaseUrl, (client) => runTransaction(client, limits, () => work(client)), options);
}

/**
 * A transaction of statements without parameters, which are sent at once with its end: a client that is stopped meanwhile holds no
 * lock. Resolves to the rows of the last one.
 */
export function runAtOnce<Row extends object>(
  client: ClientBase,
  limits: TransactionLimits,
  statement: string,
): Promise<readonly Row[]> {
  return whereAllowed(client, async () => {
    await fly(client, begin(client, limits));
    // pg types what several statements give as if they were one.
    const results = (await client.query(`${statement}; COMMIT`)) as unknown as readonly QueryResult<Row>[];
    return results.at(-2)?.rows ?? [];
  });
}

/** As `runAtOnce`, on a pooled connection. */
export async function runAtOnceOn(pool: Pool, limits: WriterLimits, statement: string): Promise<void> {
  const client = await takeConnection(pool);
  client.on("error", reportedByNextStatement);
  let broken = true;
  try {
    await within(client, limits, () => runAtOnce(client, limits, statement));
    broken = false;
  } catch (error) {
    giveUpWhereReadOnly(pool, client, error);
    throw error;
  } finally {
    client.off("error", reportedByNextStatement);
    client.release(broken);
  }
}
