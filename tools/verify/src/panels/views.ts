import { progress } from "@tidemark/sinks/tables";
import type { SocmedView } from "@tidemark/socmed/panels";
import { socmedVerdicts1m } from "@tidemark/socmed/tables";
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { nameTable, type Snapshot } from "../snapshot.js";
import { quote } from "../stored-table.js";
import { byBytes } from "./answer.js";
import { sizeMs } from "./resolution.js";
import { epochMs, windowTables, type Place, type WindowSize } from "./table-rows.js";

/** What is looked at, and what to call it. */
export interface NamedView extends SocmedView {
  readonly name: string;
}

/** One view in the place of those that are looked at by default. */
export interface ViewChoice {
  /** Its end in epoch ms; null: the end of the newest window. */
  readonly atMs: number | null;
  readonly rangeMs: number | "all";
}

/** From when to when there is something to look at. In epoch ms, whole. */
interface Extent {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the tables of a topic reach over, and the names in them. */
export interface Reach {
  /** Windows and minutes of arrival. */
  readonly events: Extent | null;
  /** The end of the newest window. */
  readonly newestMs: number | null;
  readonly observations: Extent | null;
  /** In the order of their bytes. */
  readonly cities: readonly string[];
  readonly platforms: readonly string[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** About so many points fill a screen. */
const pointsOfSeries = 300;

/** Neither Grafana nor a driver of Postgres reads other years than 1 to 9999, so that no view reaches beyond them. */
const SHOWN_YEARS: Extent = {
  fromMs: Date.parse("0001-01-01T00:00:00Z"),
  toMs: Date.parse("9999-12-31T23:59:59.999Z"),
};

const shown = (ms: number) => Math.min(Math.max(ms, SHOWN_YEARS.fromMs), SHOWN_YEARS.toMs);

const intervalOf = (rangeMs: number) => Math.max(1, Math.ceil(rangeMs / pointsOfSeries));

/**
 * The views by default: all, the last 30 days, day, hour and five minutes with all names, all with some names only, and the last hour with
 * points as close as there are any. What consumers observed has a clock of its own.
 */
export function planViews(topic: string, reach: Reach, choice: ViewChoice | null): readonly NamedView[] {
  const { events, observations, cities, platforms } = reach;
  const all = events ?? { fromMs: 0, toMs: 0 };
  const newestMs = reach.newestMs ?? all.toMs;
  const variables = { topic, city: "all", platform: "all" } as const;
  const view = (name: string, fromMs: number, toMs: number, intervalMs = intervalOf(toMs - fromMs)): NamedView => ({
    name,
    fromMs,
    toMs,
    intervalMs,
    variables,
  });
  const last = (name: string, rangeMs: number, toMs = newestMs, intervalMs?: number) =>
    view(name, toMs - rangeMs, toMs, intervalMs);
  if (choice !== null) {
    const toMs = choice.atMs ?? newestMs;
    const fromMs = choice.rangeMs === "all" ? Math.min(all.fromMs, toMs) : toMs - choice.rangeMs;
    return [view("the view that was asked for", fromMs, toMs)];
  }
  const some = {
    city: cities.slice(0, 1),
    platform: [...new Set([platforms.at(0), platforms.at(-1)])].flatMap((name) => name ?? []),
  };
  const ofSome = `all of ${some.city.join("")} on ${some.platform.join(" and ")}`;
  return [
    view("all", all.fromMs, all.toMs),
    last("last 30 days", 30 * dayMs),
    last("last day", dayMs),
    last("last hour", hourMs),
    last("last 5 minutes", 5 * minuteMs),
    last("last hour by 5 s", hourMs, newestMs, 5_000),
    ...(cities.length === 0 ? [] : [{ ...view(ofSome, all.fromMs, all.toMs), variables: { topic, ...some } }]),
    ...(observations === null
      ? []
      : [
          view("all observations", observations.fromMs, observations.toMs),
          last("last hour of observations", hourMs, observations.toMs, 10_000),
        ]),
  ];
}

/** Which names and times there are. Only what is looked at depends on it, not what is to be seen there. */
export async function readReach(snapshot: Snapshot, { pipeline, topic }: Place): Promise<Reach> {
  const extentOf = async (
    table: PgTable,
    column: PgColumn,
    widthMs: number,
    condition = "topic = $1",
    values = [topic],
  ): Promise<Extent | null> => {
    const [row] = await snapshot
      .unsafe(
        `SELECT min(at), max(at) FROM (SELECT ${epochMs(column)} AS at FROM ${nameTable(table)} WHERE ${condition}) AS t
         WHERE at > '-Infinity'`,
        values,
      )
      .values();
    if (row?.[0] == null) return null;
    return { fromMs: shown(Math.floor(Number(row[0]))), toMs: shown(Math.ceil(Number(row[1]) + widthMs)) };
  };
  const ofWindows = async (size: WindowSize) =>
    extentOf(windowTables[size], getTableColumns(windowTables[size]).window_start, sizeMs[size]);
  const fine = await ofWindows("5s");
  const coarse = await ofWindows("1m");
  const arrivals = await extentOf(socmedVerdicts1m, getTableColumns(socmedVerdicts1m).window_start, minuteMs);
  const known = [fine, coarse, arrivals].filter((extent) => extent !== null);
  const namesOf = async (size: WindowSize, column: "Kota" | "Sosial_Media") => {
    const table = windowTables[size];
    const name = quote(getTableColumns(table)[column].name);
    return snapshot.unsafe(`SELECT DISTINCT ${name} FROM ${nameTable(table)} WHERE topic = $1`, [topic]).values();
  };
  const names = async (column: "Kota" | "Sosial_Media") => {
    const rows = [...(await namesOf("5s", column)), ...(await namesOf("1m", column)), ...(await namesOf("1h", column))];
    return [...new Set(rows.map(([name]) => String(name)))].sort(byBytes);
  };
  return {
    events:
      known.length === 0
        ? null
        : {
            fromMs: Math.min(...known.map(({ fromMs }) => fromMs)),
            toMs: Math.max(...known.map(({ toMs }) => toMs)),
          },
    newestMs: (fine ?? coarse)?.toMs ?? null,
    observations: await extentOf(progress, getTableColumns(progress).at, 0, "topic = $1 AND pipeline = $2", [
      topic,
      pipeline,
    ]),
    cities: await names("Kota"),
    platforms: await names("Sosial_Media"),
  };
}
