import { expandMacros, panelsOf } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import { Client } from "pg";
import type { Benchmark } from "./benchmark.js";
import { median } from "./median.js";
import { days, endMs, fillPanelTables, topic } from "./panel-tables.js";
import { startServers } from "./servers.js";
import { row, whole } from "./table.js";

const hourMs = 3_600_000;
/** What is looked at, and what its queries are to take, in ms. */
const ranges = [
  { name: "1 h", ms: hourMs, aimMs: 50 },
  { name: "24 h", ms: 24 * hourMs, aimMs: 50 },
  { name: `${days} days`, ms: days * 24 * hourMs, aimMs: 200 },
] as const;
/** About so many points fill a wide screen. */
const pointsOfSeries = 1_000;
const widths = [32, ...ranges.flatMap(() => [8, 8, 8])] as const;

interface Query {
  readonly name: string;
  /** Where nothing stands out there is nothing to mark. */
  readonly mayBeEmpty: boolean;
  readonly sql: string;
}

type Row = Record<string, unknown>;

/** As the role that dashboards run as. */
interface Tables {
  readonly reader: Client;
}

/** One query over one range: its times in ms in the larger tables, and in the smaller ones. */
interface Cell {
  readonly query: Query;
  readonly range: (typeof ranges)[number];
  readonly many: number[];
  readonly few: number[];
}

/**
 * The queries of both dashboards as the role that dashboards run as, one after another, on tables with many raw rows and with a
 * tenth of them, in turn. All else is the same in both, so that their answers are: where they aren't, the figures are void.
 */
export const panels: Benchmark = async ({ rows, rounds, servers: kind }, print) => {
  const servers = await startServers(kind);
  const tables: Tables[] = [];
  const faults: string[] = [];
  const cells = listQueries().flatMap((query) => ranges.map((range): Cell => ({ query, range, many: [], few: [] })));
  const fewRows = Math.ceil(rows / 10);
  try {
    print(
      `Panels: ${whole(rows)} raw rows of 24 h (beside: ${whole(fewRows)}), ${days} days of minutes and hours, 24 h of 5 s`,
    );
    print(
      `windows, 8 partitions, 5 cities, 5 platforms; as the reader, ${servers.description}; ms, medians of ${rounds}`,
    );
    for (const size of [rows, fewRows]) {
      const url = await fillPanelTables(await servers.createDatabase(), size);
      const reader = new Client({ connectionString: url });
      await reader.connect();
      tables.push({ reader });
    }
    const [many, few] = tables;
    if (many === undefined || few === undefined) throw new Error("There are no tables.");
    // The first round is for caches alone.
    for (let round = 0; round <= rounds; round += 1) {
      for (const cell of cells) {
        const inTurn = round % 2 === 0 ? ([many, few] as const) : ([few, many] as const);
        const [first, second] = [await measure(inTurn[0], cell), await measure(inTurn[1], cell)];
        if (round === 0) faults.push(...compareAnswers(cell, first.rows, second.rows));
        else {
          cell.many.push(round % 2 === 0 ? first.ms : second.ms);
          cell.few.push(round % 2 === 0 ? second.ms : first.ms);
        }
      }
    }
  } finally {
    for (const { reader } of tables) await reader.end();
    await servers.close();
  }
  print(row(widths, ["", ...ranges.flatMap(({ name }) => [name, "worst", "beside"])]));
  for (const { name } of listQueries()) {
    const own = cells.filter(({ query }) => query.name === name);
    const figures = own.flatMap(({ many, few }) => [median(many), Math.max(...many), median(few)]);
    print(row(widths, [name, ...figures.map((ms) => ms.toFixed(1))]));
  }
  for (const range of ranges) {
    const missed = cells.filter((cell) => cell.range === range && median(cell.many) > range.aimMs);
    const names = missed.map(({ query }) => query.name).join(", ");
    print(`${range.name}, aim ${range.aimMs} ms: ${missed.length === 0 ? "met by each median" : `missed by ${names}`}`);
  }
  const queries = cells.map(({ query, range, many, few }) => ({
    query: query.name,
    range: range.name,
    aimMs: range.aimMs,
    medianMs: median(many),
    worstMs: Math.max(...many),
    besideMedianMs: median(few),
    besideWorstMs: Math.max(...few),
  }));
  return { figures: { rows, besideRows: fewRows, days, rounds, queries }, faults };
};

function listQueries(): Query[] {
  const own = dashboards.flatMap(panelsOf).map(({ id, sql }) => ({ name: id, sql, mayBeEmpty: false }));
  const variables = dashboards
    .flatMap((dashboard) => dashboard.variables)
    .map(({ name, sql }) => ({ name: `variable ${name}`, sql, mayBeEmpty: false }));
  const annotations = dashboards
    .flatMap((dashboard) => dashboard.annotations)
    .map(({ name, sql }) => ({ name, sql, mayBeEmpty: true }));
  return [...new Map([...own, ...variables, ...annotations].map((query) => [query.name, query])).values()];
}

async function measure(
  { reader }: Tables,
  { query, range }: Cell,
): Promise<{ readonly ms: number; readonly rows: readonly Row[] }> {
  const text = expandMacros(query.sql, {
    fromMs: endMs - range.ms,
    toMs: endMs,
    intervalMs: Math.ceil(range.ms / pointsOfSeries),
    variables: { topic, city: "all", platform: "all" },
  });
  const beganMs = performance.now();
  const { rows } = await reader.query<Row>(text);
  return { ms: performance.now() - beganMs, rows };
}

/** Of the size of the database and the times of checkpoints no more can be said than that they are there. */
const ofDatabase = new Set(["database-size", "watermarks"]);

function compareAnswers({ query, range }: Cell, many: readonly Row[], few: readonly Row[]): string[] {
  const place = `${query.name}, ${range.name}`;
  if (many.length === 0 && !query.mayBeEmpty) return [`${place}: no rows`];
  if (many.length !== few.length) return [`${place}: ${many.length} rows, and ${few.length} beside`];
  const isSame = many.every((one, at) => isAlike(one, few[at] ?? {}));
  return ofDatabase.has(query.name) || isSame ? [] : [`${place}: other rows with fewer raw ones`];
}

/** Postgres adds doubles in the order in which its workers come by them. */
function isAlike(one: Row, other: Row): boolean {
  return Object.entries(one).every(([name, value]) => {
    const beside = other[name];
    if (typeof value !== "number" || typeof beside !== "number") return String(value) === String(beside);
    return Math.abs(value - beside) <= 1e-9 * Math.abs(value);
  });
}
