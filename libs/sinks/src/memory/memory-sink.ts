import type { Claim, Sink } from "../checkpoint.js";
import { sinkClosed, takenIds } from "../errors.js";
import type { SinkIdentity } from "../postgres/claim.js";
import { sinkTables } from "../sink-pipeline.js";
import { rowOptions } from "../sink-tables.js";
import { createStateCheck, type CountQuestion } from "../state-check.js";
import { createMemoryCheckpoints } from "./memory-checkpoints.js";
import { createMemoryRollup } from "./memory-rollup.js";
import { createRowTarget, MemoryRowBuffer } from "./memory-rows.js";
import { MemoryTables, type MemoryStore } from "./memory-store.js";
import { createMemoryTally } from "./memory-tally.js";
import { createMemoryTopicIds } from "./memory-topic-ids.js";

export interface MemorySinkOptions extends SinkIdentity {
  /** Shared by the sinks that write the same tables; made by `createMemoryStore`. */
  readonly store: MemoryStore;
}

/**
 * A sink for tests: what the Postgres sink promises, without a server. Each claim and each commit happens in one moment of
 * the call, and the store is never away. Throws TypeError for a store of another making.
 */
export function createMemorySink(options: MemorySinkOptions): Sink {
  const { store, topic, pipeline } = options;
  const { allowedLatenessMs } = pipeline.data;
  const tables = sinkTables(pipeline);
  if (!(store instanceof MemoryTables)) throw new TypeError("The store was not made by createMemoryStore.");
  const { raw } = tables;
  const encoding = rowOptions(tables);
  const targets = {
    raw: createRowTarget(raw.table, encoding.raw),
    late: tables.late && createRowTarget(tables.late, encoding.late),
    rejected: tables.rejected && createRowTarget(tables.rejected),
    copies: tables.topicIds && createRowTarget(tables.topicIds.copies),
  };
  const rollups = tables.rollups.map((rollup) => createMemoryRollup(store, rollup.definition, rollup.table));
  const tallies = (tables.tallies ?? []).map((tally) => createMemoryTally(store, tally.definition, tally.table));
  const checkpoints = createMemoryCheckpoints(store, options);
  const stateCheck = createStateCheck(tables, allowedLatenessMs);
  const topicIds = createMemoryTopicIds(store, tables, topic);
  let closed = false;

  function readIds(target: MemoryTables, partition: number, sinceMs: number): Claim["ids"] {
    if (raw.time === undefined || raw.id === undefined) return [];
    const { table, id, time } = raw;
    return target
      .stored(table)
      .filter((row) => row["topic"] === topic && row["partition"] === partition && Number(row[time]) > sinceMs)
      .map((row) => ({ id: String(row[id]), timeMs: Math.floor(Number(row[time])) }));
  }

  /** The first raw row of the highest event time. */
  function readMaxEventOffset(target: MemoryTables, partition: number, maxEventTimeMs: number): number | undefined {
    if (raw.time === undefined) return undefined;
    const { table, time } = raw;
    const offsets = target
      .stored(table)
      .filter((row) => row["topic"] === topic && row["partition"] === partition)
      .filter((row) => Math.floor(Number(row[time])) === maxEventTimeMs)
      .flatMap((row) => (row["offset"] === undefined ? [] : [Number(row["offset"])]));
    return offsets.length === 0 ? undefined : Math.min(...offsets);
  }

  const countEvents = (target: MemoryTables, { table, column, sinceMs }: CountQuestion, partition: number): number =>
    target
      .stored(table)
      .filter(
        (row) => row["topic"] === topic && row["partition"] === partition && Number(row["window_start"]) >= sinceMs,
      )
      .reduce((sum, row) => sum + Number(row[column]), 0);

  return {
    async claim(partition, logStartOffset) {
      if (closed) throw sinkClosed();
      const head = checkpoints.claim(partition, logStartOffset, ({ counted }, watermarkMs) => {
        const answers = stateCheck?.questions(watermarkMs).map((question) => countEvents(store, question, partition));
        stateCheck?.check({ pipeline: pipeline.data.name, topic, partition }, counted, answers ?? []);
      });
      const openSince = (sizeMs: number) => head.watermarkMs - allowedLatenessMs - sizeMs;
      const hasEvents = head.watermarkMs > -Infinity;
      return {
        ...head,
        maxEventOffset: readMaxEventOffset(store, partition, head.maxEventTimeMs),
        windows: (hasEvents ? rollups : []).map(({ name, sizeMs, read }) => ({
          rollup: name,
          rows: read(topic, partition, openSince(sizeMs)),
        })),
        ids: hasEvents ? readIds(store, partition, openSince(rollups[0]?.sizeMs ?? 0)) : [],
      };
    },

    async findTaken(partition, ids) {
      if (closed) throw sinkClosed();
      return topicIds?.find(partition, ids) ?? new Map();
    },

    openBuffer: (partition) => new MemoryRowBuffer(targets, { topic, partition }),

    async commit(claim, expectedOffset, checkpoint, rows) {
      if (!(rows instanceof MemoryRowBuffer)) throw new TypeError("The rows are another sink's.");
      const writes = [
        ...checkpoint.changed.map(({ rollup, rows: changed }) =>
          named(rollups, rollup).prepare(topic, claim.partition, changed),
        ),
        ...(checkpoint.added ?? []).map(({ tally, rows: added }) =>
          named(tallies, tally).prepare(topic, claim.partition, added),
        ),
      ];
      if (closed) throw sinkClosed();
      const writeHead = checkpoints.prepare(claim, expectedOffset, checkpoint);
      const entries = rows.ids.sorted();
      const taken = topicIds?.findTaken(claim.partition, entries) ?? [];
      if (taken.length > 0) throw takenIds(topic, claim.partition, taken);
      // From here on nothing fails: all or nothing.
      writeHead();
      for (const { table, rows: added } of rows.end()) store.append(table, added);
      for (const write of writes) write();
      topicIds?.write(claim.partition, entries);
    },

    async close() {
      closed = true;
    },
  };
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`The checkpoint holds rows of ${name}, which this sink doesn't write.`);
  return found;
}
