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
  readonly #timeOf: (index: number) => number;
  #maxMs: number;
  #offset: number | undefined;
  #timestampMs = -1;
  #followers = 0;
  #newestArrivalMs = -Infinity;
  #lastTimestampMs = -1;

  /** `timeOf`: the event time of an item of the batch in epoch ms; NaN where it holds none that moves the watermark. */
  constructor(maxEventTimeMs: number, offset: number | undefined, timeOf: (index: number) => number) {
    this.#maxMs = maxEventTimeMs;
    this.#offset = offset;
    this.#timeOf = timeOf;
  }

  /** A batch was judged, whose records have these timestamps, and the highest event time stands there now. */
  take(records: readonly SourceRecord[], timestampsMs: Float64Array, maxEventTimeMs: number): void {
    let from = 0;
    if (maxEventTimeMs > this.#maxMs) {
      const at = records.findIndex((_, index) => this.#timeOf(index) === maxEventTimeMs);
      this.#maxMs = maxEventTimeMs;
      this.#offset = records[at]?.offset;
      this.#timestampMs = timestampsMs[at] ?? -1;
      this.#followers = 0;
      this.#newestArrivalMs = -Infinity;
      from = at + 1;
    }
    let followers = this.#followers;
    let newestMs = this.#newestArrivalMs;
    for (let index = from; index < timestampsMs.length; index += 1) {
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
