import { createSink, type RollupRow, type Sink } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";

export const topic = "socmed-events";

const { data, tables } = socmed;
/** No rollup counts its events: a later checkpoint writes over figures, so that they do not add up to the ledger. */
const rollups = data.rollups.map((rollup) => ({
  ...rollup,
  aggregates: { ...rollup.aggregates, events: { kind: "count-non-null", field: "ID" } as const },
}));

/** The figures of one city and platform, and when. */
export interface Figures {
  readonly city: string;
  readonly platform: string;
  readonly atMs: number;
  readonly usage: number;
}

/** Commits checkpoints of one partition as a consumer would, through the real sink. */
export interface PartitionWriter {
  /** Each of the figures takes the place of what stood for its windows, city and platform. */
  commit(...figures: readonly Figures[]): Promise<void>;
  close(): Promise<void>;
}

/** Begins where the partition's last checkpoint ended. */
export async function openPartition(databaseUrl: string, partition = 0): Promise<PartitionWriter> {
  const sink: Sink = createSink({
    databaseUrl,
    topic,
    group: "tidemark",
    clusterId: "cluster-1",
    pipeline: { data: { ...data, rollups }, tables },
  });
  const claim = await sink.claim(partition, 0);
  let { nextOffset, watermarkMs } = claim;

  return {
    async commit(...figures) {
      const from = nextOffset;
      nextOffset += 1;
      watermarkMs = Math.max(watermarkMs, ...figures.map(({ atMs }) => atMs));
      await sink.commit(
        claim,
        from,
        {
          nextOffset,
          watermarkMs,
          maxEventTimeMs: watermarkMs,
          ledger: { ...claim.ledger, read: nextOffset, counted: nextOffset },
          changed: data.rollups.map(({ name, window: { sizeMs } }) => ({
            rollup: name,
            rows: windowsOf(figures, sizeMs),
          })),
        },
        sink.openBuffer(partition),
      );
    },
    close: () => sink.close(),
  };
}

/** Of figures that share a window the last ones stand. */
function windowsOf(figures: readonly Figures[], sizeMs: number): RollupRow[] {
  const windows = figures.map((one) => windowOf(one, sizeMs));
  return [...new Map(windows.map((row) => [JSON.stringify([row.windowStartMs, row.keys]), row])).values()];
}

function windowOf({ city, platform, atMs, usage }: Figures, sizeMs: number): RollupRow {
  const windowStartMs = Math.floor(atMs / sizeMs) * sizeMs;
  return { windowStartMs, keys: [city, platform], values: [1, usage, usage, usage, 1, 2, 0, 0, 0, 0] };
}
