import type { Pipeline } from "@tidemark/pipeline";
import { createPartitionClaimer, runPipelineWith } from "@tidemark/pipeline/parts";
import type { Checkpoint, NewRows, RollupRow, RowBuffer, Sink, TallyRow } from "@tidemark/sinks";
import { aggregateColumns } from "@tidemark/sinks/tables";

type ClaimerMaker = typeof createPartitionClaimer;
type Batch = Parameters<Awaited<ReturnType<ReturnType<ClaimerMaker>["claim"]>>["accept"]>[0];

/** A mistake around a real part of a running pipeline. It pins no source text. */
export interface Injection {
  readonly createClaimer: ClaimerMaker;
  /** The partition that never gets a checkpoint. */
  readonly skips?: number;
}

/** Nothing is wrapped. */
export const noMistake: Injection = { createClaimer: createPartitionClaimer };

export interface InjectedRun {
  readonly kafkaBrokers: readonly string[];
  readonly databaseUrl: string;
  readonly topic: string;
  readonly group: string;
  /** The end offset of each partition. */
  readonly ends: ReadonlyMap<number, number>;
}

/** Runs the pipeline with the mistake until every partition has committed its end offset. Rejects as the pipeline does. */
export async function runInjected(pipeline: Pipeline, injection: Injection, place: InjectedRun): Promise<void> {
  const { kafkaBrokers: brokers, databaseUrl, topic, group, ends } = place;
  const behind = new Map([...ends].filter(([partition]) => partition !== injection.skips));
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const run = runPipelineWith(injection.createClaimer, pipeline, {
    brokers,
    databaseUrl,
    topic,
    group,
    onEvent(event) {
      if (event.type !== "committed") return;
      if (event.checkpoint.nextOffset >= (behind.get(event.partition) ?? Infinity)) behind.delete(event.partition);
      if (behind.size === 0) finish();
    },
  });
  await Promise.race([finished, run.done]);
  await run.stop();
}

interface SinkChange {
  readonly rows?: (rows: NewRows) => NewRows;
  readonly checkpoint?: (checkpoint: Checkpoint) => Checkpoint;
  /** How often each checkpoint is committed. */
  readonly commits?: number;
}

const unchanged = <T>(value: T): T => value;

/** Rows and checkpoints pass through the change on their way into the real sink. */
function wrapSink(sink: Sink, { rows = unchanged, checkpoint: change = unchanged, commits = 1 }: SinkChange): Sink {
  const buffers = new WeakMap<RowBuffer, readonly RowBuffer[]>();
  return {
    ...sink,
    openBuffer(partition) {
      const real = Array.from({ length: commits }, () => sink.openBuffer(partition));
      const buffer: RowBuffer = {
        add(added) {
          for (const one of real) one.add(rows(added));
        },
        get isFull() {
          return real.some((one) => one.isFull);
        },
        get bytes() {
          return real.reduce((sum, one) => sum + one.bytes, 0);
        },
      };
      buffers.set(buffer, real);
      return buffer;
    },
    async commit(claim, expectedOffset, checkpoint, buffer) {
      let offset = expectedOffset;
      for (const real of buffers.get(buffer) ?? []) {
        await sink.commit(claim, offset, change(checkpoint), real);
        // The next commit begins where this one has ended, so that no fence stops it.
        offset = checkpoint.nextOffset;
      }
    },
  };
}

export const aroundSink = (change: SinkChange): Injection => ({
  createClaimer: (options) => createPartitionClaimer({ ...options, sink: wrapSink(options.sink, change) }),
});

/** Records are processed by another pipeline than the one whose tables they go to. */
function aroundPipeline(change: (pipeline: Pipeline) => Pipeline): Injection {
  return { createClaimer: (options) => createPartitionClaimer({ ...options, pipeline: change(options.pipeline) }) };
}

/** Batches pass through the change on their way into the real task of a partition. */
function aroundTask(change: (batch: Batch) => Batch): Injection {
  return {
    createClaimer(options) {
      const claimer = createPartitionClaimer(options);
      return {
        ...claimer,
        async claim(partition, context) {
          const task = await claimer.claim(partition, context);
          return { ...task, accept: (batch) => task.accept(change(batch)) };
        },
      };
    },
  };
}

export const lostRecord = aroundTask((batch) => {
  const records = batch.records.filter(({ offset }) => offset > 0);
  return { ...batch, records, skipped: batch.skipped + batch.records.length - records.length };
});

export const skippedPartition: Injection = {
  skips: 0,
  createClaimer(options) {
    const claimer = createPartitionClaimer(options);
    return {
      ...claimer,
      async claim(partition, context) {
        if (partition !== 0) return claimer.claim(partition, context);
        return { nextOffset: context.logEndOffset, accept: async () => {}, close: async () => {} };
      },
    };
  },
};

export const startPassedOver: Injection = {
  createClaimer: (options) =>
    createPartitionClaimer({
      ...options,
      sink: {
        ...options.sink,
        claim: (partition, logStartOffset) => options.sink.claim(partition, logStartOffset + 1),
      },
    }),
};

export const latenessOffByOne = aroundPipeline((pipeline) => ({
  ...pipeline,
  data: { ...pipeline.data, allowedLatenessMs: pipeline.data.allowedLatenessMs + 1 },
}));

export const dedupOff = aroundPipeline((pipeline) => ({ ...pipeline, data: { ...pipeline.data, id: null } }));

/** Each limit of keys is another one. */
export const changedKeyLimits = (change: (perWindow: number) => number): Injection =>
  aroundPipeline((pipeline) => {
    const rollups = pipeline.data.rollups.map(({ keyLimit, ...rollup }) =>
      keyLimit === undefined ? rollup : { ...rollup, keyLimit: { ...keyLimit, perWindow: change(keyLimit.perWindow) } },
    );
    return { ...pipeline, data: { ...pipeline.data, rollups } };
  });

/** Each event is changed between the decoder and everything that follows. */
export const changedEvent = (change: (event: Readonly<Record<string, unknown>>) => object): Injection =>
  aroundPipeline((pipeline) => ({
    ...pipeline,
    event: {
      ...pipeline.event,
      // The event that is changed has its UUIDs as texts.
      createDecoder: (shape) => {
        const decode = pipeline.event.createDecoder({ ...shape, words: [] });
        return (bytes, from, to) => {
          const decoded = decode(bytes, from, to);
          if (!decoded.ok) return decoded;
          return { ...decoded, event: change(decoded.event as Readonly<Record<string, unknown>>) };
        };
      },
    },
  }));

/** The newest record that was read is said to be one offset further. */
export const lastRecordMoved = aroundSink({
  checkpoint: ({ lastRecord, ...checkpoint }) => ({
    ...checkpoint,
    lastRecord: lastRecord && { ...lastRecord, offset: lastRecord.offset + 1 },
  }),
});

export const committedTwice = aroundSink({ commits: 2 });

/** What the sink is not told, it cannot refuse. */
export const idsNotCompared: Injection = {
  createClaimer: (options) =>
    createPartitionClaimer({
      ...options,
      sink: {
        ...wrapSink(options.sink, { rows: (added) => ({ ...added, ids: [] }) }),
        findTaken: async () => new Map(),
      },
    }),
};

/** The first id of each look-up counts as taken. */
export const takenWithoutCause: Injection = {
  createClaimer: (options) =>
    createPartitionClaimer({
      ...options,
      sink: { ...options.sink, findTaken: async () => new Map([[0, Number.MAX_SAFE_INTEGER]]) },
    }),
};

type Copy = NonNullable<NewRows["copies"]>[number];

export const changedCopies = (change: (copy: Copy) => Copy | readonly Copy[]): Injection =>
  aroundSink({ rows: ({ copies = [], ...added }) => ({ ...added, copies: copies.flatMap(change) }) });

export const lateRowCounted = aroundSink({
  rows: (added) => ({ ...added, rows: [...added.rows, ...(added.late ?? [])] }),
});

export const rejectSwallowed = aroundSink({
  rows: ({ rejected = [], ...added }) => ({
    ...added,
    rejected: rejected.filter((row) => (row as { bytes: unknown }).bytes !== null),
  }),
});

export const duplicateCountedByArrival = aroundSink({
  checkpoint: ({ added = [], ...checkpoint }) => ({
    ...checkpoint,
    added: added.map(({ tally, rows }) => ({ tally, rows: mergeDuplicates(rows) })),
  }),
});

/** Counts duplicates as counted. Each window and outcome may have one row only. */
function mergeDuplicates(rows: readonly TallyRow[]): TallyRow[] {
  const merged = new Map<string, TallyRow>();
  for (const row of rows) {
    const [verdict, ...detail] = row.keys;
    const keys = [verdict === "duplicate" ? "counted" : String(verdict), ...detail];
    const place = JSON.stringify([row.windowStartMs, keys]);
    merged.set(place, { ...row, keys, count: row.count + (merged.get(place)?.count ?? 0) });
  }
  return [...merged.values()];
}

/** The row of a window, its figures by the names of their columns. */
export interface NamedWindow {
  readonly rollup: string;
  readonly windowStartMs: number;
  readonly keys: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** The properties that `change` returns replace those of each window's row on their way into the real sink. */
export const changedRollups = (change: (window: NamedWindow) => Partial<NamedWindow>): Injection => ({
  createClaimer(options) {
    const columnsOf = new Map(
      options.pipeline.data.rollups.map(({ name, aggregates }) => [
        name,
        aggregateColumns(aggregates).map((column) => column.name),
      ]),
    );
    function changeRow(rollup: string, { windowStartMs, keys, values }: RollupRow): RollupRow {
      const columns = columnsOf.get(rollup) ?? [];
      const named = columns.map((column, at) => [column, values[at]]);
      const row = { rollup, windowStartMs, keys, figures: Object.fromEntries(named) as Record<string, number> };
      const { figures, ...changed } = { ...row, ...change(row) };
      return { ...changed, values: columns.map((column) => figures[column] ?? Number.NaN) };
    }
    const sink = wrapSink(options.sink, {
      checkpoint: (checkpoint) => ({
        ...checkpoint,
        changed: checkpoint.changed.map(({ rollup, rows }) => ({
          rollup,
          rows: rows.map((row) => changeRow(rollup, row)),
        })),
      }),
    });
    return createPartitionClaimer({ ...options, sink });
  },
});
