import { setTimeout as sleep } from "node:timers/promises";
import type { PoolClient } from "pg";
import type { Claim, Sink } from "../checkpoint.js";
import { oversizedCheckpoint, refusedRows, silentServer, takenIds } from "../errors.js";
import { drawOwner } from "../owner.js";
import { ChunkPool } from "../copy/chunk-pool.js";
import { createCopyEncoder } from "../copy/copy-encoder.js";
import { sinkTables } from "../sink-pipeline.js";
import { rowOptions } from "../sink-tables.js";
import { createPatience, retryWhileUnavailable, type SinkEvent } from "./availability.js";
import { watchBackend } from "./backend-watch.js";
import { claimPartition, type SinkIdentity } from "./claim.js";
import { beginFenced, writeCheckpoint } from "./commit.js";
import {
  addressForWriting,
  createPool,
  defaultLimits,
  defaultTransactionTimeoutMs,
  inTransaction,
  onConnection,
  runAtOnce,
  withConnection,
  type WriterLimits,
} from "./connection.js";
import { createDayPartitions, dayOf } from "./day-partitions.js";
import { processIdOf, type Statement } from "./flight.js";
import { createIdKeeper } from "./id-keeper.js";
import { isolateRefused, isRefusal } from "./isolate-refused.js";
import { createLostBackends } from "./lost-backends.js";
import { createRollupSql } from "./rollup-sql.js";
import { AttemptHistory, watchSending, type AttemptPhase } from "./oversized.js";
import { CopyRowBuffer, type RowEncoders } from "./row-buffer.js";
import { NO_LIMITS } from "./session/settings.js";
import { createTallySql } from "./tally-sql.js";
import { createTopicIds, type TakenPlace } from "./topic-ids.js";
import { Turns } from "./turns.js";
import { createWindowStatement } from "./window-statement.js";

export interface SinkOptions extends SinkIdentity {
  readonly databaseUrl: string;
  /** Transactions that may run side by side; default 4. */
  readonly connections?: number;
  readonly limits?: WriterLimits;
  /** How often, in ms, ids that are unique over all partitions are forgotten; default 10,000, Infinity: by other sinks alone. */
  readonly forgetIdsEveryMs?: number;
  readonly onEvent?: (event: SinkEvent) => void;
}

const answerTimeoutMs = 1_000;
/** The server is idle in the transaction while a slow link still brings what it has sent. */
const CLAIM_IDLE_TIMEOUT_MS = 600_000;
const FIRST_LOOK_MS = 1_000;
/** So often others may take ids while a checkpoint is written, before its error ends the work. */
const MOST_CONFLICTS = 100;
/** For looks at ids that other partitions have counted, and to forget ids. */
const ID_CONNECTIONS = 2;
/** Timers take no longer time. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A sink on Postgres. Run `migrate` first. Throws SinkError `invalid-address`. */
export function createSink(options: SinkOptions): Sink {
  const { topic, limits = defaultLimits, onEvent = () => {} } = options;
  const tables = sinkTables(options.pipeline);
  const place = { pipeline: options.pipeline.data.name, topic };
  const identity = { ...options, owner: options.owner ?? drawOwner() };
  const address = addressForWriting(options.databaseUrl);
  const connections = options.connections ?? 4;
  const pool = createPool(address, connections);
  // The pool gives up on who has waited for a connection for some seconds, as it does where Postgres does not answer.
  const turns = new Turns(connections);
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  const { raw } = tables;
  const encoding = rowOptions(tables);
  const rollups = tables.rollups.map(({ definition, table }) => createRollupSql(definition, table));
  const tallies = (tables.tallies ?? []).map(({ definition, table }) => createTallySql(definition, table));
  const windows = createWindowStatement(rollups, tallies);
  const topicIds = createTopicIds(tables, { ...place, allowedLatenessMs: options.pipeline.data.allowedLatenessMs });
  // Beside the checkpoints, which take longer.
  const idPool = topicIds && createPool(address, ID_CONNECTIONS);
  const idTurns = new Turns(ID_CONNECTIONS);
  const idKeeper = idPool && createIdKeeper(idPool, topicIds.forgetting, limits, options.forgetIdsEveryMs);
  const restored = { tables, rollups, topicIds };
  const chunks = new ChunkPool();
  const encoders: RowEncoders = {
    raw: createCopyEncoder(raw.table, { ...encoding.raw, pool: chunks }),
    late: tables.late && createCopyEncoder(tables.late, { ...encoding.late, pool: chunks }),
    rejected: tables.rejected && createCopyEncoder(tables.rejected, { pool: chunks }),
    topicIds: tables.topicIds && {
      ids: createCopyEncoder(tables.topicIds.ids, { pool: chunks }),
      copies: createCopyEncoder(tables.topicIds.copies, { pool: chunks }),
    },
  };
  const dayPartitions = createDayPartitions(pool, raw.table, limits);
  const lost = createLostBackends(address);
  // A claim takes as long as its state does on the way: what limits it is silence.
  const patient: WriterLimits = {
    ...limits,
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    idleInTransactionTimeoutMs: CLAIM_IDLE_TIMEOUT_MS,
    transactionTimeoutMs: LONGEST_TIMER_MS,
  };
  const silenceTimeoutMs = limits.transactionTimeoutMs ?? defaultTransactionTimeoutMs;

  /**
   * A consumer that was stopped in the middle of its transaction holds the checkpoint row, and no time-out of the server's
   * ends it once it sends what is behind the fence. So whoever blocks a claim for longer than a statement may take is ended.
   * One that takes its time to end is told to again, but reported once: `ended` are those of this claim so far.
   */
  async function terminateBlockers(partition: number, backendPid: number, ended: Set<number>): Promise<void> {
    await withConnection(address, async (client) => {
      const rows = await runAtOnce<{ pid: number }>(
        client,
        NO_LIMITS,
        `SELECT pid FROM unnest(pg_blocking_pids(${backendPid})) AS pid WHERE pg_terminate_backend(pid)`,
      );
      const pids = rows.map((row) => row.pid).filter((pid) => !ended.has(pid));
      for (const pid of pids) ended.add(pid);
      if (pids.length > 0) onEvent({ kind: "terminated-blocker", partition, pids });
    });
  }

  /** What this sink itself has given up may hold the row that its next try waits for. */
  async function endLost(partition: number): Promise<void> {
    const pids = await lost.end();
    if (pids.length > 0) onEvent({ kind: "terminated-blocker", partition, pids });
  }

  function watchClaim(client: PoolClient, backendPid: number, partition: number): () => void {
    const { stream } = client.connection;
    let lastByteMs = performance.now();
    const onBytes = (): void => void (lastByteMs = performance.now());
    stream.on("data", onBytes);
    const endWatch = watchBackend({
      address,
      pid: backendPid,
      lastByteMs: () => lastByteMs,
      silenceTimeoutMs,
      // Before the others are ended.
      firstLookMs: Math.min(FIRST_LOOK_MS, limits.statementTimeoutMs / 2),
      onSilent: () => stream.destroy(silentServer(silenceTimeoutMs)),
      onBlocked: (blockers) => onEvent({ kind: "blocked", partition, blockers }),
    });
    return () => {
      endWatch();
      // The pool uses the connection again.
      stream.off("data", onBytes);
    };
  }

  function retry<T>(work: () => Promise<T>): Promise<T> {
    return retryWhileUnavailable(work, closing.signal, onEvent, createPatience(limits.internalErrorLimitMs));
  }

  async function claimOnce(partition: number, logStartOffset: number): Promise<Claim> {
    let ending: Promise<void> | undefined;
    const ended = new Set<number>();
    const claim = await inTransaction(pool, patient, async (client) => {
      const pid = processIdOf(client) ?? 0;
      const patience = setInterval(() => {
        ending ??= terminateBlockers(partition, pid, ended)
          .catch(() => {})
          .finally(() => {
            ending = undefined;
          });
      }, limits.statementTimeoutMs);
      const endWatch = watchClaim(client, pid, partition);
      try {
        return await claimPartition(client, identity, restored, partition, logStartOffset);
      } finally {
        endWatch();
        clearInterval(patience);
      }
    });
    // The row may be ours before the server's answer says who was ended for it: that is said before the claim is, unless the
    // answer doesn't come.
    if (ending !== undefined) await Promise.race([ending, sleep(answerTimeoutMs, undefined, { ref: false })]);
    return claim;
  }

  return {
    claim: (partition, logStartOffset) => retry(() => turns.take(() => claimOnce(partition, logStartOffset))),

    async findTaken(partition, ids) {
      if (idPool === undefined || topicIds === undefined || ids.length === 0) return new Map();
      // In one round trip: there is one for each few hundred records.
      const statement = topicIds.findStatement(partition, ids);
      const find = () => onConnection(idPool, limits, (client) => runAtOnce<TakenPlace>(client, limits, statement));
      const taken = await retry(() => idTurns.take(find));
      return new Map(taken.map(({ place: at, until }) => [at, until]));
    },

    openBuffer: (partition) => new CopyRowBuffer(encoders, raw, { topic, partition }),

    async commit(claim, expectedOffset, checkpoint, rows, { isDivisible = false, onAttempt } = {}) {
      if (!(rows instanceof CopyRowBuffer)) throw new TypeError("The rows are another sink's.");
      const encoded = {
        head: checkpoint,
        copies: rows.end(),
        windows: windows.encode(topic, claim.partition, checkpoint),
      };
      const commit = { place, claim, expectedOffset };
      const history = new AttemptHistory();
      let phase: AttemptPhase = "days";
      let before: readonly Statement[] = [];
      let conflicts = 0;
      const write = (client: PoolClient) => {
        onAttempt?.(watchSending(client));
        phase = "fence";
        return writeCheckpoint(client, history.limitsOf(limits), commit, encoded, () => (phase = "rows"), before);
      };
      const isolate = async (client: PoolClient) => {
        await beginFenced(client, history.limitsOf(limits), commit, checkpoint);
        const refused = await isolateRefused(client, encoded.copies);
        await client.query("ROLLBACK");
        return refused;
      };
      const findTaken = async () => {
        const find = async (client: PoolClient) => topicIds?.findTaken(client, claim.partition, rows.ids) ?? [];
        const taken = await inTransaction(pool, limits, find);
        if (taken.length > 0) throw takenIds(topic, claim.partition, taken);
        // None: an entry that is there is free for this partition, or gone meanwhile.
        if (topicIds !== undefined) before = [topicIds.release(claim.partition, rows.ids)];
      };
      const writeOrIsolate = async () => {
        const given = history.limitsOf(limits);
        try {
          await onConnection(pool, given, write, lost.add);
        } catch (error) {
          if (topicIds?.isConflict(error) === true && (conflicts += 1) <= MOST_CONFLICTS) {
            await findTaken();
            await writeOrIsolate();
            return;
          }
          if (!isRefusal(error)) throw error;
          const refused = await onConnection(pool, given, isolate, lost.add);
          if (refused.length > 0) throw refusedRows(topic, claim.partition, refused, error);
          // No row is at fault: whatever was may be gone. If not, Postgres says so once more.
          await onConnection(pool, given, write, lost.add);
        }
      };
      const attempt = async () => {
        await endLost(claim.partition);
        phase = "days";
        try {
          await dayPartitions.withDays(rows.days, writeOrIsolate);
        } catch (error) {
          if (!history.isTooLarge(error, phase)) throw error;
          if (isDivisible) throw oversizedCheckpoint(topic, claim.partition, error);
          history.giveMoreTime();
          throw error;
        }
      };
      await retry(() => turns.take(attempt));
      // Not after a failure: the connection may still be sending.
      rows.release();
      idKeeper?.onCommitted();
      const newestDay = dayOf(checkpoint.maxEventTimeMs);
      if (rows.days.has(newestDay)) dayPartitions.makeAhead(newestDay + 1);
    },

    async close() {
      closing.abort();
      closed ??= (async () => {
        await Promise.all([dayPartitions.settle(), idKeeper?.stop()]);
        await Promise.all([pool.end(), idPool?.end()]);
      })();
      await closed;
    },
  };
}
