import type { PipelineEvent } from "./pipeline-event.js";
import type { WatermarkLead } from "./watermark-lead.js";

/** So many records behind the event that set the watermark have to agree: one may have been sent late. */
const MIN_FOLLOWERS = 3;
/** Less is what clocks and networks make anyway, where the delay is 0. */
const MIN_AHEAD_MS = 1_000;
/** A record whose timestamp is so near to the clock of this machine has just arrived, and both clocks are right. */
const CLOCK_TOLERANCE_MS = 60_000;

export type WatermarkAheadEvent = Extract<PipelineEvent, { readonly type: "watermark-ahead" }>;

interface Watched {
  readonly lead: WatermarkLead;
  readonly isAhead: boolean;
}

/**
 * Reports partitions whose watermark lies beyond what has arrived since, so that good events become late (docs/decisions/0024):
 *
 * 1. By the log alone: of at least three records behind the event that set the watermark, none has a timestamp that
 *    reaches the watermark.
 * 2. Live: the watermark lies beyond the clock, and a record of any partition has just arrived with a timestamp that agrees with it.
 *
 * Neither depends on how far other partitions have been read: a backlog, a start and an idle partition raise nothing.
 */
export class WatermarkAlarm {
  readonly #watched = new Map<number, Watched>();
  readonly #emit: (event: PipelineEvent) => void;
  readonly #nowMs: () => number;
  #clockConfirmedMs = -Infinity;

  /** `nowMs`: epoch ms by the clock of this machine. */
  constructor(emit: (event: PipelineEvent) => void, nowMs: () => number) {
    this.#emit = emit;
    this.#nowMs = nowMs;
  }

  on(event: PipelineEvent): void {
    switch (event.type) {
      case "claimed": {
        const { claim, partition } = event;
        // Without an event there is no watermark.
        if (claim.maxEventTimeMs === -Infinity) return void this.#watched.delete(partition);
        const lead = {
          watermarkMs: claim.watermarkMs,
          eventTimeMs: claim.maxEventTimeMs,
          offset: claim.maxEventOffset,
          timestampMs: -1,
          followers: 0,
          newestArrivalMs: -Infinity,
          lastTimestampMs: -1,
        };
        return this.#watch(partition, lead, this.#nowMs());
      }
      case "processed":
        return this.#onProcessed(event.partition, event.lead);
      case "revoked":
        for (const partition of event.partitions) this.#watched.delete(partition);
        return undefined;
      default:
        return undefined;
    }
  }

  #onProcessed(partition: number, lead: WatermarkLead | undefined): void {
    if (lead === undefined) return;
    const nowMs = this.#nowMs();
    const isConfirmed = Math.abs(lead.lastTimestampMs - nowMs) <= CLOCK_TOLERANCE_MS;
    if (isConfirmed) this.#clockConfirmedMs = nowMs;
    this.#watch(partition, lead, nowMs);
    if (!isConfirmed) return;
    for (const [other, watched] of this.#watched) if (other !== partition) this.#watch(other, watched.lead, nowMs);
  }

  #watch(partition: number, lead: WatermarkLead, nowMs: number): void {
    const wasAhead = this.#watched.get(partition)?.isAhead ?? false;
    const clockMs = nowMs - this.#clockConfirmedMs <= CLOCK_TOLERANCE_MS ? nowMs : undefined;
    const aheadMs = aheadBy(lead, clockMs);
    // Without evidence it stays as it was.
    const isAhead = aheadMs === undefined ? wasAhead : aheadMs > 0;
    this.#watched.set(partition, { lead, isAhead });
    if (isAhead === wasAhead) return;
    const { offset, eventTimeMs, timestampMs, watermarkMs } = lead;
    this.#emit(
      isAhead
        ? { type: "watermark-ahead", partition, offset, eventTimeMs, timestampMs, watermarkMs, aheadMs: aheadMs ?? 0 }
        : { type: "watermark-in-step", partition },
    );
  }
}

/** By how much the watermark lies beyond what has arrived, in ms: 0 where it does not, undefined where nothing tells. */
function aheadBy(lead: WatermarkLead, clockMs: number | undefined): number | undefined {
  const { watermarkMs, followers, newestArrivalMs } = lead;
  const beyond = (arrivalMs: number) => (watermarkMs - arrivalMs >= MIN_AHEAD_MS ? watermarkMs - arrivalMs : 0);
  const isTold = followers >= MIN_FOLLOWERS || beyond(newestArrivalMs) === 0;
  const known = [...(isTold ? [newestArrivalMs] : []), ...(clockMs === undefined ? [] : [clockMs])].map(beyond);
  return known.length === 0 ? undefined : Math.max(...known);
}
