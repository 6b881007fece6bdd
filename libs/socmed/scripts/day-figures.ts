import { createStream, presets, type Scenario } from "../src/scenario/index.js";

const BUCKET_SECONDS = 600;
const DAY_SECONDS = 86_400;
export const BUCKETS = DAY_SECONDS / BUCKET_SECONDS;
export const MINUTES_PER_BUCKET = BUCKET_SECONDS / 60;

/** Midnight in Jakarta. */
const startMs = Date.UTC(2024, 1, 3, 17);

/** Sums over the events of ten minutes of event time. */
export interface Figures {
  readonly events: readonly number[];
  readonly visitors: readonly number[];
  readonly pageVisitors: readonly number[];
  readonly conversions: readonly number[];
}

const zeros = () => Array.from({ length: BUCKETS }, () => 0);

/** What a pipeline counts of the preset `day` with seed 1, per platform in its order, by Ts. */
export function gatherDay(): ReadonlyMap<string, Figures> {
  const { day } = presets;
  const stream = createStream({ scenario: day, seed: 1, startMs });
  const byPlatform = new Map(
    platformsOf(day).map((name) => [
      name,
      { events: zeros(), visitors: zeros(), pageVisitors: zeros(), conversions: zeros() },
    ]),
  );
  for (let index = 0; index < (day.events ?? 0); index++) {
    const { event, label } = stream.at(index);
    if (event === null || label.becomes !== "counted") continue;
    const bucket = Math.floor((event.Ts - startMs / 1000) / BUCKET_SECONDS);
    const figures = byPlatform.get(event.Sosial_Media);
    // Some of the first events happened before midnight.
    if (figures === undefined || bucket < 0 || bucket >= BUCKETS) continue;
    figures.events[bucket] = (figures.events[bucket] ?? 0) + 1;
    figures.visitors[bucket] = (figures.visitors[bucket] ?? 0) + event.Visitors;
    figures.pageVisitors[bucket] = (figures.pageVisitors[bucket] ?? 0) + event.PageVisitors;
    figures.conversions[bucket] = (figures.conversions[bucket] ?? 0) + event.Conversion;
  }
  return byPlatform;
}

function platformsOf({ platforms }: Scenario): string[] {
  return platforms.map((platform) => (typeof platform === "string" ? platform : platform.name));
}
