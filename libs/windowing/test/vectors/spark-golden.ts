import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Aggregate, Mean } from "../../src/index.js";
import type { Row, TwinDefinition } from "./twin-task.js";

/** An event of the log, with its rates as the query computes them: null where nobody came. */
export interface Visit {
  readonly place: string;
  readonly site: string;
  readonly uses: number;
  readonly sales: number;
  readonly visitors: number;
  readonly leavers: number;
  readonly buyers: number;
  readonly at: number;
  readonly buyRate: number | null;
  readonly leaveRate: number | null;
}

const keys = ["place", "site"] as const;
const counters = ["uses", "sales", "visitors", "leavers", "buyers"] as const;

/** The columns of Spark's answers from the start of the window on, under the names that they have here. */
const answerColumns = ["start", "end", ...keys, "n", ...counters, "avg_buy", "avg_leave"];

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
  const answers = JSON.parse(readGolden(name)) as SparkAnswers;
  const before = answers.columns.slice(0, answers.columns.indexOf("start"));
  return { ...answers, columns: [...before, ...answerColumns] };
}

/** In the order of their arrival. Fields are told by their position: what the log calls them is no matter here. */
export function readVisits(): Visit[] {
  const lines = readGolden("events.ndjson.gz").trimEnd().split("\n");
  return lines.map((line) => {
    const [, place, site, uses, sales, visitors, leavers, buyers, at] = Object.values(JSON.parse(line) as object) as [
      string,
      string,
      string,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const rate = (part: number) => (visitors === 0 ? null : (part / visitors) * 100);
    const rates = { buyRate: rate(buyers), leaveRate: rate(leavers) };
    return { place, site, uses, sales, visitors, leavers, buyers, at, ...rates };
  });
}

function readGolden(name: string): string {
  return gunzipSync(readFileSync(new URL(`../../spark-golden/${name}`, import.meta.url))).toString();
}

const aggregates: Record<string, Aggregate<Visit>> = {
  n: { kind: "count" },
  ...Object.fromEntries(counters.map((field) => [field, { kind: "sum", field, of: "integer" }])),
  avg_buy: { kind: "mean", field: "buyRate", of: "double" },
  avg_leave: { kind: "mean", field: "leaveRate", of: "double" },
};

/** Spark's query: windows of a minute by place and site. */
export const perMinute: TwinDefinition<Visit> = {
  time: { field: "at", unit: "s" },
  watermarkDelayMs: "given",
  allowedLatenessMs: 0,
  rollups: [{ name: "1m", window: { kind: "tumbling", sizeMs: 60_000 }, keys, aggregates }],
};

/** A row under the names of Spark's columns. */
export function nameColumns({ windowStartMs, windowEndMs, keys: names, values }: Row): Record<string, unknown> {
  const means = (["avg_buy", "avg_leave"] as const).map((name) => [name, values[name]] as const);
  return {
    start: windowStartMs,
    end: windowEndMs,
    ...names,
    ...values,
    ...Object.fromEntries(means.map(([name, mean]) => [name, (mean as Mean).mean])),
  };
}
