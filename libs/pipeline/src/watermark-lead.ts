import type { SourceRecord } from "@tidemark/sources";

/** The event that set a partition's watermark, and the records that have arrived behind it. Times in epoch ms. */
export interface WatermarkLead {
  readonly watermarkMs: number;
  readonly eventTimeMs: number;
  /** The place of the event in the log; undefined where it was read before the claim, and no raw row has its time. */
  readonly offset: number | undefined;
  /** The timestamp of its record; -1: it has none, or was read before the claim. */
  readonly timestampMs: number;
  /** Records behind it that have a timestamp, as far as this claim has read. */
  readonly followers: number;
  /** The highest timestamp among them; -Infinity where there are none. */
  readonly newestArrivalMs: number;
  /** The timestamp of the last record that was read; -1: it has none, or nothing was read. */
  readonly lastTimestampMs: number;
}

/** Follows which event set the watermark. What it gives depends on the records alone, wherever batches are cut. */
export class LeadTracker {
  #maxMs: number;
  #offset: number | undefined;
  #timestampMs = -1;
  #followers = 0;
  #newestArrivalMs = -Infinity;
  #lastTimestampMs = -1;

  constructor(maxEventTimeMs: number, offset: number | undefined) {
    this.#maxMs = maxEventTimeMs;
    this.#offset = offset;
  }

  /**
   * A batch was judged, whose records have these timestamps, and the highest event time stands there now. `leader`: the position of
   * the record that set it; -1: none of them did.
   */
  take(records: readonly SourceRecord[], timestampsMs: Float64Array, leader: number, maxEventTimeMs: number): void {
    if (leader >= 0) {
      this.#maxMs = maxEventTimeMs;
      this.#offset = records[leader]?.offset;
      this.#timestampMs = timestampsMs[leader] ?? -1;
      this.#followers = 0;
      this.#newestArrivalMs = -Infinity;
    }
    let followers = this.#followers;
    let newestMs = this.#newestArrivalMs;
    for (let index = leader + 1; index < timestampsMs.length; index += 1) {
      const timestampMs = timestampsMs[index] as number;
      if (timestampMs === -1) continue;
      followers += 1;
      if (timestampMs > newestMs) newestMs = timestampMs;
    }
    this.#followers = followers;
    this.#newestArrivalMs = newestMs;
    this.#lastTimestampMs = timestampsMs.at(-1) ?? this.#lastTimestampMs;
  }

  /** Undefined before the first event. */
  read(watermarkMs: number): WatermarkLead | undefined {
    if (this.#maxMs === -Infinity) return undefined;
    return {
      watermarkMs,
      eventTimeMs: this.#maxMs,
      offset: this.#offset,
      timestampMs: this.#timestampMs,
      followers: this.#followers,
      newestArrivalMs: this.#newestArrivalMs,
      lastTimestampMs: this.#lastTimestampMs,
    };
  }
}
