import type { OracleDefinition } from "./definition.js";
import type { OracleWindow } from "./open-windows.js";
import { partitionOfKey } from "./partition.js";
import { createPartitionOracle, type Judgement, type OracleLedger } from "./partition-oracle.js";

/** A record before it has a place in the log. */
export interface StreamRecord {
  readonly key: string;
  /** Epoch ms; -1: the record has none. */
  readonly timestampMs: number;
  readonly value: Uint8Array | null;
}

/** Where a record of the answers lies. */
export interface Located {
  readonly partition: number;
  readonly offset: number;
}

export interface AnswerOptions {
  readonly definition: OracleDefinition;
  /** How many partitions the topic has. */
  readonly partitions: number;
  /** Called for every record, in the stream's order. */
  readonly onJudged: (judgement: Judgement, record: StreamRecord, at: Located) => void;
  /** Called once for every window, when it can't change any more: of one partition and rollup by rising start. */
  readonly onWindow: (window: OracleWindow, partition: number) => void;
}

/** What is left to say of each partition, by its number; times in epoch ms, -Infinity where there was no event. */
export interface Answers {
  readonly partitions: readonly {
    readonly ledger: OracleLedger;
    readonly watermarkMs: number;
    readonly maxEventTimeMs: number;
    readonly nextOffset: number;
  }[];
}

/** The answers of records that come one by one, for whoever has to wait between them. */
export interface Answering {
  /** The next record of its partition's log. */
  take(record: StreamRecord, at: Located): void;
  /** Gives the windows that are left. No record may follow. */
  finish(): Answers;
}

export interface AnsweringOptions extends Omit<AnswerOptions, "onWindow"> {
  /** Called with the windows of one partition that can't change any more: in each rollup by rising start, from call to call. */
  readonly onWindows: (windows: readonly OracleWindow[], partition: number) => void;
}

/** After so many records a partition gives away its closed windows: it bounds the memory, and changes no answer. */
const RECORDS_PER_CLOSING = 1000;

/** @throws RangeError as `createPartitionOracle` and its `take` do */
export function createAnswering({ definition, partitions, onJudged, onWindows }: AnsweringOptions): Answering {
  const logs = Array.from({ length: partitions }, () => ({ oracle: createPartitionOracle(definition), nextOffset: 0 }));
  return {
    take(record, at) {
      const { partition, offset } = at;
      const log = logs[partition];
      if (log === undefined) throw new RangeError(`There is no partition ${partition}.`);
      const { timestampMs, value } = record;
      onJudged(log.oracle.take({ offset, timestampMs, value }), record, at);
      log.nextOffset = offset + 1;
      if (log.nextOffset % RECORDS_PER_CLOSING === 0) onWindows(log.oracle.takeClosed(), partition);
    },
    finish() {
      for (const [partition, { oracle }] of logs.entries()) onWindows(oracle.takeRest(), partition);
      return {
        partitions: logs.map(({ oracle, nextOffset }) => {
          const { ledger, watermarkMs, maxEventTimeMs } = oracle;
          return { ledger, watermarkMs, maxEventTimeMs, nextOffset };
        }),
      };
    },
  };
}

/**
 * Where each record comes to lie in an empty topic: by its key as Kafka's Java producer has it, with offsets from 0 on in each
 * partition. Keys are remembered, so there should be few different ones.
 *
 * @throws RangeError for a number of partitions that is not above 0
 */
export function createPlacement(partitions: number): (key: string) => Located {
  if (!(Number.isInteger(partitions) && partitions > 0)) {
    throw new RangeError(`partitions must be an integer above 0, got ${partitions}.`);
  }
  const nextOffsets = Array.from({ length: partitions }, () => 0);
  const partitionOf = new Map<string, number>();
  return (key) => {
    const partition = partitionOf.get(key) ?? partitionOfKey(key, partitions);
    partitionOf.set(key, partition);
    const offset = nextOffsets[partition] as number;
    nextOffsets[partition] = offset + 1;
    return { partition, offset };
  };
}

/**
 * The right answers for a stream that is sent to an empty topic.
 *
 * @throws RangeError as `createPlacement` and `createAnswering` do
 */
export function answer(records: Iterable<StreamRecord>, { onWindow, ...options }: AnswerOptions): Answers {
  const place = createPlacement(options.partitions);
  const answering = createAnswering({
    ...options,
    onWindows(windows, partition) {
      for (const window of windows) onWindow(window, partition);
    },
  });
  for (const record of records) answering.take(record, place(record.key));
  return answering.finish();
}
