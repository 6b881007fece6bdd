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

/** After so many records a partition gives away its closed windows: it bounds the memory, and changes no answer. */
const RECORDS_PER_CLOSING = 1000;

/**
 * The right answers for a stream that is sent to an empty topic: records are spread over its partitions by key, as Kafka's
 * Java producer does, with offsets from 0 on in each. Keys are remembered, so there should be few different ones.
 *
 * @throws RangeError as `createPartitionOracle` and `take` do, and for a number of partitions that is not above 0
 */
export function answer(records: Iterable<StreamRecord>, options: AnswerOptions): Answers {
  const { definition, partitions, onJudged, onWindow } = options;
  if (!(Number.isInteger(partitions) && partitions > 0)) {
    throw new RangeError(`partitions must be an integer above 0, got ${partitions}.`);
  }
  const logs = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    oracle: createPartitionOracle(definition),
    nextOffset: 0,
  }));
  const logOfKey = new Map<string, (typeof logs)[number]>();
  for (const record of records) {
    const log = logOfKey.get(record.key) ?? logs[partitionOfKey(record.key, partitions)];
    if (log === undefined) throw new RangeError(`"${record.key}" has no partition.`);
    logOfKey.set(record.key, log);

    const { partition, oracle } = log;
    const offset = log.nextOffset;
    log.nextOffset += 1;
    onJudged(oracle.take({ offset, timestampMs: record.timestampMs, value: record.value }), record, {
      partition,
      offset,
    });
    if (log.nextOffset % RECORDS_PER_CLOSING === 0) {
      for (const window of oracle.takeClosed()) onWindow(window, partition);
    }
  }
  for (const { partition, oracle } of logs) {
    for (const window of oracle.takeRest()) onWindow(window, partition);
  }
  return {
    partitions: logs.map(({ oracle, nextOffset }) => {
      const { ledger, watermarkMs, maxEventTimeMs } = oracle;
      return { ledger, watermarkMs, maxEventTimeMs, nextOffset };
    }),
  };
}
