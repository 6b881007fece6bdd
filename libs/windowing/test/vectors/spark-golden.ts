import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Aggregate, Mean } from "../../src/index.js";
import type { Row, TwinDefinition } from "./twin-task.js";

/** An event of the log, with its rates as the query computes them: null where there were no visitors. */
export interface Visit {
  readonly Kota: string;
  readonly Sosial_Media: string;
  readonly Usage_Count: number;
  readonly Sales: number;
  readonly Visitors: number;
  readonly PageVisitors: number;
  readonly Conversion: number;
  readonly Ts: number;
  readonly conversionRate: number | null;
  readonly bounceRate: number | null;
}

export interface SparkBatch {
  readonly batch: number;
  /** How many events it read. */
  readonly in: number;
  readonly watermark: string;
  /** Of the events that it read. */
  readonly max_ts: string | null;
  readonly dropped_by_watermark: readonly number[];
  /** After it. */
  readonly state_rows: readonly number[];
}

export interface SparkAnswers {
  readonly meta: { readonly batches: readonly SparkBatch[]; readonly input_rows: number };
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export function readAnswers(name: string): SparkAnswers {
  return JSON.parse(readGolden(name)) as SparkAnswers;
}

/** In the order of their arrival. */
export function readVisits(): Visit[] {
  const lines = readGolden("events.ndjson.gz").trimEnd().split("\n");
  return lines.map((line) => {
    const visit = JSON.parse(line) as Omit<Visit, "conversionRate" | "bounceRate">;
    const rate = (part: number) => (visit.Visitors === 0 ? null : (part / visit.Visitors) * 100);
    return { ...visit, conversionRate: rate(visit.Conversion), bounceRate: rate(visit.PageVisitors) };
  });
}

function readGolden(name: string): string {
  return gunzipSync(readFileSync(new URL(`../../spark-golden/${name}`, import.meta.url))).toString();
}

const counters = ["Usage_Count", "Sales", "Visitors", "PageVisitors", "Conversion"] as const;

const aggregates: Record<string, Aggregate<Visit>> = {
  n: { kind: "count" },
  ...Object.fromEntries(counters.map((field) => [field, { kind: "sum", field, of: "integer" }])),
  avg_cr: { kind: "mean", field: "conversionRate", of: "double" },
  avg_br: { kind: "mean", field: "bounceRate", of: "double" },
};

/** Spark's query: windows of a minute by city and platform. */
export const perMinute: TwinDefinition<Visit> = {
  time: { field: "Ts", unit: "s" },
  watermarkDelayMs: "given",
  allowedLatenessMs: 0,
  rollups: [{ name: "1m", window: { kind: "tumbling", sizeMs: 60_000 }, keys: ["Kota", "Sosial_Media"], aggregates }],
};

/** A row under the names of Spark's columns. */
export function nameColumns({ windowStartMs, windowEndMs, keys, values }: Row): Record<string, unknown> {
  const means = [["avg_cr", values["avg_cr"]] as const, ["avg_br", values["avg_br"]] as const];
  return {
    start: windowStartMs,
    end: windowEndMs,
    ...keys,
    ...values,
    ...Object.fromEntries(means.map(([name, mean]) => [name, (mean as Mean).mean])),
  };
}
