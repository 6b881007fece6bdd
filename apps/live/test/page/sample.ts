import type { Ledger, Pulse, ServerEvents, ShownRow } from "../../src/protocol.js";
import { showDashboards } from "../../src/shown-dashboards.js";
import type { Answer } from "./page-server.js";

/** Rows of every panel, for what does not depend on where they come from. The numbers differ from `step` to `step`. */

export const sampleDashboards = showDashboards("socmed-events");

export const sampleNames = {
  cities: ["Bekasi", "Bogor", "Depok", "Jakarta", "Tangerang"],
  platforms: ["Facebook", "Instagram", "Telegram", "TikTok", "X"],
};

type Names = ServerEvents["names"];

/** The end of the time range at step 0. */
const sampleEndMs = Date.parse("2024-02-03T17:30:00Z");
const stepMs = 1_000;
const pointMs = 5_000;
const delayMs = 300_000;

/** A number that seems to be drawn, the same for the same place. */
function draw(...place: readonly number[]): number {
  let hash = 2_166_136_261;
  for (const part of place) hash = Math.imul(hash ^ (part + 0x9e37), 16_777_619) >>> 0;
  return (hash >>> 8) / 2 ** 24;
}

const between = (low: number, high: number, ...place: readonly number[]): number =>
  Math.round(low + draw(...place) * (high - low));

function rate(low: number, high: number, ...place: readonly number[]) {
  const pooled = low + draw(...place) * (high - low);
  const mean = pooled + draw(...place, 1) - 0.5;
  return { mean, pooled, low: pooled - 0.4, high: pooled + 0.4, events: between(100, 2_000, ...place, 2) };
}

export function sampleLedger(step: number): Ledger {
  const parts = {
    counted: 23_520 + step * 20,
    duplicate: 240 + step,
    late: 120 + step,
    quarantined: 3,
    rejected: 120,
    refused: 2,
  };
  return { read: Object.values(parts).reduce((sum, part) => sum + part, 0), ...parts };
}

export function samplePulse(step: number, change: Partial<Pulse> = {}): Pulse {
  const nowMs = sampleEndMs + step * stepMs;
  return {
    nowMs,
    committedMs: nowMs - 200,
    newestEventMs: nowMs - 1_000,
    watermarkMs: nowMs - 1_000 - delayMs,
    heldBy: [4],
    ledger: sampleLedger(step),
    database: "up",
    ...change,
  };
}

function performanceRows(step: number, { cities, platforms }: Names): Record<string, ShownRow[]> {
  const endMs = sampleEndMs + step * stepMs;
  const times = Array.from({ length: 60 }, (_, at) => (Math.floor(endMs / pointMs) - 59 + at) * pointMs);
  const visitors = between(700_000, 800_000, step);
  const steps = { Visitors: visitors, Stayed: visitors * 0.75, Conversions: visitors * 0.4, Sales: visitors * 0.12 };
  const best = (name: string, at: number) =>
    platforms.map((platform, place) => ({
      platform,
      city: cities[between(0, cities.length - 1, at, place)] ?? "",
      [name]: between(5_000, 90_000, step, at, place),
    }));
  return {
    "total-usage": [{ usage: between(1_200_000, 1_400_000, step, 1) }],
    "total-transactions": [{ transactions: between(80_000, 99_000, step, 2) }],
    "platform-with-most-visitors": [
      { platform: platforms[3] ?? platforms[0] ?? "", visitors: between(4_000, 6_000, step) },
    ],
    "real-time-total-usage": times.flatMap((time) =>
      platforms.map((metric, at) => ({ time, metric, usage: between(500, 4_000, time / pointMs, at) })),
    ),
    "average-conversion-rate": platforms.map((platform, at) => ({ platform, ...rate(25, 50, step, at) })),
    "average-bounce-rate": platforms.map((platform, at) => ({ platform, ...rate(15, 45, step, at, 9) })),
    "city-with-most-users": best("users", 3),
    "city-with-most-sales": best("sales", 4),
    funnel: Object.entries(steps).map(([name, people]) => ({
      step: name,
      people: Math.round(people),
      share: (Math.round(people) / visitors) * 100,
    })),
    "conversion-by-city-and-platform": cities.flatMap((city, down) =>
      platforms.map((platform, across) => ({ city, platform, ...rate(25, 50, step, down, across) })),
    ),
  };
}

function pipelineRows(step: number): Record<string, ShownRow[]> {
  const { nowMs } = samplePulse(step);
  const times = Array.from({ length: 30 }, (_, at) => (Math.floor(nowMs / 10_000) - 29 + at) * 10_000);
  const minutes = Array.from({ length: 5 }, (_, at) => (Math.floor(nowMs / 60_000) - 4 + at) * 60_000);
  const ledger = sampleLedger(step);
  const kinds = Object.entries(ledger).map(([kind, records]) => ({
    kind,
    records,
    share: (records / ledger.read) * 100,
  }));
  const partitions = Array.from({ length: 8 }, (_, partition) => {
    const newest = nowMs - (partition === 4 ? 9_000 : 1_000);
    const watermark = newest - delayMs;
    return { partition, watermark, behind: partition === 4 ? 8 : 0, holds: partition === 4 ? "holds it" : "", newest };
  });
  return {
    ledger: [...kinds, { kind: "skipped", records: 0, share: null }, { kind: "lost", records: 0, share: null }],
    watermarks: partitions.map((row) => ({
      ...row,
      next_offset: 3_000 + step + row.partition,
      committed: nowMs - 200,
    })),
    "lag-now": [{ lag: between(0, 40, step) }],
    "database-size": [{ size: 14_513_855 + step * 8_192 }],
    "rows-per-second": times.map((time) => ({ time, metric: "records", rate: between(18, 22, time / 10_000) })),
    "lag-over-time": times.map((time) => ({ time, metric: "lag", lag: between(0, 40, time / 10_000) })),
    "checkpoint-time": times.flatMap((time) => [
      { time, metric: "longest", duration: between(8, 25, time / 10_000) },
      { time, metric: "mean", duration: between(4, 8, time / 10_000) },
    ]),
    "ledger-over-time": minutes.flatMap((time) =>
      Object.entries({ counted: 1_176, duplicate: 12, late: 6, quarantined: 0, rejected: 6, refused: 1 }).map(
        ([metric, records]) => ({
          time,
          metric,
          records,
        }),
      ),
    ),
    "late-by-how-much": ["under 1 s", "1 to 10 s", "10 s to 1 min", "1 to 10 min", "10 min to 1 h", "1 h or more"].map(
      (missed_by, at) => ({ missed_by, records: between(0, 40, step, at) }),
    ),
    "rejects-by-reason": ["not-json", "missing-field", "wrong-type", "out-of-range", "tombstone"].map((reason, at) => ({
      reason,
      records: 24 - at * 4,
    })),
  };
}

export function samplePanels(tab: string, step: number, names: Names = sampleNames): ServerEvents["panels"] {
  const toMs = sampleEndMs + step * stepMs;
  const rows = tab === "pipeline-health" ? pipelineRows(step) : performanceRows(step, names);
  const before = { "total-usage": [{ usage: 1_250_000 }], "total-transactions": [{ transactions: 91_000 }] };
  return { fromMs: toMs - 300_000, toMs, intervalMs: 1_000, committedMs: toMs - 200, rows, before };
}

/** What a server says to a viewer that comes, where all is well. */
export const answerWith =
  (names: Names = sampleNames): Answer =>
  (query) => ({ names, pulse: samplePulse(0), panels: samplePanels(query.get("tab") ?? "", 0, names) });

/** The same panels without any rows. */
export function withoutRows(panels: ServerEvents["panels"]): ServerEvents["panels"] {
  return { ...panels, rows: Object.fromEntries(Object.keys(panels.rows).map((id) => [id, []])) };
}
