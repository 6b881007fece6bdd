import { recordQuiet, type QuietOptions } from "@tidemark/sinks";
import type { Pipeline } from "./definition/define-pipeline.js";
import type { LogEnd } from "./log-end.js";
import type { CommittedEvent, PipelineEvent } from "./pipeline-event.js";
import { ProblemTeller } from "./problem-teller.js";
import { QuietWatch } from "./quiet-watch.js";

/**
 * Lets partitions that are fully read and quiet hold back neither the views nor retention. Nothing waits for it, and what is counted
 * does not depend on it.
 */
export interface QuietKeeper {
  start(): void;
  on(event: PipelineEvent): void;
  /** Breaks off what is under way. */
  stop(): Promise<void>;
}

export interface QuietKeeperOptions extends QuietOptions {
  readonly pipeline: Pipeline;
  /** So long a partition has to bring nothing, in ms. */
  readonly afterMs: number;
  /** Where the partitions' logs end now. Rejects where Kafka cannot be asked. */
  readonly readEnds: (signal: AbortSignal) => Promise<readonly LogEnd[]>;
  readonly emit: (event: QuietEvent) => void;
  /** How often that is asked, in ms; default 5 s, or a quarter of `afterMs`. */
  readonly everyMs?: number;
}

type QuietEvent = Extract<
  PipelineEvent,
  { readonly type: "quiet" | "quiet-ended" | "quiet-not-recorded" | "closed-windows-changed" }
>;

const MOST_EVERY_MS = 5_000;
const LEAST_EVERY_MS = 250;

export function createQuietKeeper(options: QuietKeeperOptions): QuietKeeper {
  const { pipeline, afterMs, readEnds, emit } = options;
  const { everyMs = Math.max(LEAST_EVERY_MS, Math.min(MOST_EVERY_MS, afterMs / 4)) } = options;
  const watch = new QuietWatch(afterMs);
  const stopping = new AbortController();
  const { signal } = stopping;
  const watermarks = new Map<number, number>();
  let ticker: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const problems = new ProblemTeller((reason) => emit({ type: "quiet-not-recorded", reason }));
  /** As Postgres said last. */
  let closedToMs = -Infinity;

  async function run(): Promise<void> {
    try {
      const askedMs = performance.now();
      const quiet = await findQuiet();
      if (signal.aborted) return;
      closedToMs = (await recordQuiet(options, { quiet, askedMs }, signal)) ?? -Infinity;
      problems.onSucceeded();
      for (const { partition, quietMs } of watch.pass(quiet, performance.now()))
        emit({ type: "quiet", partition, quietMs });
    } catch (error) {
      if (!signal.aborted) problems.onFailed(error);
    } finally {
      running = undefined;
    }
    for (const partition of watch.forgotten(performance.now()))
      emit({ type: "quiet-ended", partition, reason: "unknown" });
  }

  /** None where Kafka cannot be asked, which the source tells. */
  async function findQuiet() {
    const candidates = watch.candidates(performance.now());
    if (candidates.length === 0) return [];
    const ends = await readEnds(signal).catch(() => []);
    return ends.length === 0 ? [] : watch.confirm(candidates, ends, performance.now());
  }

  /** Windows that are shown as closed, and that the partition could still add to, since it was passed over. */
  function reportChanged({ partition, checkpoint }: CommittedEvent): void {
    const fromMs = watermarks.get(partition) ?? -Infinity;
    const changed = changedWithin(pipeline, checkpoint, fromMs, closedToMs);
    if (changed.size === 0) return;
    const starts = [...changed];
    const [firstMs, lastMs] = [Math.min(...starts), Math.max(...starts)];
    emit({ type: "closed-windows-changed", partition, windows: changed.size, firstMs, lastMs });
  }

  return {
    start() {
      running = run();
      ticker = setInterval(() => (running ??= run()), everyMs);
    },
    on(event) {
      const ended = watch.on(event, performance.now());
      if (ended !== undefined) emit({ type: "quiet-ended", partition: ended, reason: "records" });
      if (event.type === "claimed") watermarks.set(event.partition, event.claim.watermarkMs);
      if (event.type === "committed") {
        reportChanged(event);
        watermarks.set(event.partition, event.checkpoint.watermarkMs);
      }
    },
    async stop() {
      clearInterval(ticker);
      stopping.abort();
      await running;
    },
  };
}

/** Starts of base windows that are closed by `toMs`, and are not by `fromMs`. */
function changedWithin(
  { data }: Pipeline,
  { changed }: CommittedEvent["checkpoint"],
  fromMs: number,
  toMs: number,
): ReadonlySet<number> {
  const [base] = data.rollups;
  if (base === undefined || toMs === -Infinity) return new Set();
  const openForMs = base.window.sizeMs + data.allowedLatenessMs;
  const starts = changed
    .filter(({ rollup }) => rollup === base.name)
    .flatMap(({ rows }) => rows.map(({ windowStartMs }) => windowStartMs));
  return new Set(starts.filter((startMs) => startMs + openForMs > fromMs && startMs + openForMs <= toMs));
}
