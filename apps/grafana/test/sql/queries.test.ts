import { allValue, expandMacros, panelsOf, readRows, type Panel } from "@tidemark/panels";
import { dashboards, type SocmedView } from "@tidemark/socmed/panels";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboardUid } from "../../src/identity.js";
import { readDashboards } from "../dashboard-files.js";
import { query, runPipeline, startMs, type Pipeline } from "../pipeline.js";
import { expandInPlugin, replaceVariables, type Selection, type TimeRange } from "./as-grafana.js";

const timestamptz = 1184;
const float8 = 701;
const text = 25;

const minute = 60_000;
/** Just behind the stream's last event. */
const lastMs = startMs + 8 * minute;

const ranges: Readonly<Record<string, TimeRange>> = {
  "5 min": { fromMs: lastMs - 5 * minute, toMs: lastMs },
  "3 h": { fromMs: lastMs - 180 * minute, toMs: lastMs },
  "24 h": { fromMs: lastMs - 1440 * minute, toMs: lastMs + 123 },
  "30 days": { fromMs: lastMs - 43_200 * minute, toMs: lastMs },
  "a range without events": { fromMs: startMs - 86_400_000, toMs: startMs - 86_000_000 },
};

type Choice = Pick<SocmedView["variables"], "city" | "platform">;

const choices: Readonly<Record<string, Choice>> = {
  all: { city: "all", platform: "all" },
  one: { city: ["Jakarta"], platform: ["TikTok"] },
  several: { city: ["Jakarta", "Bogor"], platform: "all" },
  "names with quotes": { city: ["Ba'ir", "x','y"], platform: ["insta'gram"] },
  "none of them": { city: [], platform: [] },
  "a name that is nowhere": { city: ["' or true --"], platform: "all" },
  "a name that is a variable's": { city: "all", platform: ["$city"] },
};

let pipeline: Pipeline;
let reader: Client;

beforeAll(async () => {
  pipeline = await runPipeline(20_000);
  // The consumers' observations lie where the clock is, and so outside of any range of this stream.
  await query(pipeline.ownerUrl, observations(pipeline.topic));
  reader = new Client({ connectionString: pipeline.readerUrl });
  await reader.connect();
}, 180_000);
afterAll(async () => {
  await reader?.end();
  await pipeline?.close();
});

/** Verdicts and observations of eight minutes, on two partitions; and a topic that only another pipeline has read. */
function observations(topic: string): string {
  const minutes = `generate_series('2024-02-03T17:00:00Z'::timestamptz, '2024-02-03T17:07:00Z', '1 minute') as at, generate_series(0, 1) as partition`;
  return `
    INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch)
      SELECT 'another', 'another-topic', partition, group_name, cluster_id, definition_hash, 0, 0, 0 FROM tidemark.checkpoints;
    INSERT INTO socmed_verdicts_1m (topic, partition, window_start, verdict, detail, records) SELECT '${topic}', partition, at, verdict, detail, records
      FROM ${minutes}, (VALUES ('counted', '', 90), ('late', '1 to 10 s', 20), ('rejected', 'not-json', 3), ('quarantined', 'future', 1))
        AS verdicts (verdict, detail, records)
      ON CONFLICT DO NOTHING;
    INSERT INTO tidemark.progress
      (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum, checkpoint_ms_max, lag, pauses)
      SELECT at + interval '30 s', 'socmed', '${topic}', partition, 'host-1', 10, 1000, 2, 12.5, 9.25, 100, 0 FROM ${minutes}`;
}

interface Result {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly Record<string, unknown>[];
}

async function run(sql: string): Promise<Result> {
  const { fields, rows } = await reader.query<Record<string, unknown>>(sql);
  return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows };
}

function runAsGrafana(rawSql: string, range: TimeRange, choice: Choice, intervalMs: number): Promise<Result> {
  return run(expandInPlugin(replaceVariables(rawSql, selectionOf(choice), intervalMs), range));
}

function selectionOf({ city = "all", platform = "all" }: Choice): Selection {
  const several = (names: readonly string[] | "all") => (names === "all" ? { raw: allValue } : names);
  return { topic: pipeline.topic, city: several(city), platform: several(platform) };
}

/** Each panel, with the SQL that stands in the dashboard's file. */
const panels = dashboards.flatMap((dashboard) => {
  const file = [...readDashboards().values()].find(({ uid }) => uid === dashboardUid(dashboard.id));
  return panelsOf(dashboard).map((panel, index) => ({
    title: panel.title,
    panel,
    rawSql: file?.panels[index]?.targets[0]?.rawSql ?? "",
  }));
});

const typeOf: Readonly<Record<Panel["columns"][string]["kind"], number>> = { time: timestamptz, text, number: float8 };

function viewsOf(panel: Panel): [name: string, range: TimeRange, choice: Choice, intervalMs: number][] {
  const isFiltered = panel.variables.includes("city");
  return Object.entries(ranges).flatMap(([rangeName, range]) =>
    Object.entries(choices)
      .filter(([name]) => isFiltered || name === "all")
      .flatMap(([choiceName, choice]) =>
        [panel.minIntervalMs ?? 1000, 3 * minute].map((intervalMs): [string, TimeRange, Choice, number] => [
          `${rangeName}, ${choiceName}, every ${intervalMs} ms`,
          range,
          choice,
          intervalMs,
        ]),
      ),
  );
}

describe.each(panels)("$title", ({ panel, rawSql }) => {
  it("gives its columns and the same rows by Grafana's expansion as by the panels', as the reader, whatever is looked at", async () => {
    let rowsSeen = 0;
    for (const [name, range, choice, intervalMs] of viewsOf(panel)) {
      const found = await runAsGrafana(rawSql, range, choice, intervalMs);
      expect(found.columns, name).toEqual(
        Object.entries(panel.columns).map(([column, { kind }]) => ({ name: column, type: typeOf[kind] })),
      );
      const { topic } = pipeline;
      const own = await run(expandMacros(panel.sql, { ...range, intervalMs, variables: { topic, ...choice } }));
      expect(readRows(panel, found.rows), name).toEqual(readRows(panel, own.rows));
      rowsSeen += found.rows.length;
    }
    expect(rowsSeen).toBeGreaterThan(0);
  });
});

describe.each(panels.filter(({ panel }) => panel.show.kind === "time-series"))("$title", ({ panel, rawSql }) => {
  it("gives time, metric and value, one row per point and series, by time: what Grafana makes series of", async () => {
    for (const [name, range, choice, intervalMs] of viewsOf(panel)) {
      const { columns, rows } = await runAsGrafana(rawSql, range, choice, intervalMs);
      expect(
        columns.map(({ type }) => type),
        name,
      ).toEqual([timestamptz, text, float8]);
      expect(
        columns.slice(0, 2).map((column) => column.name),
        name,
      ).toEqual(["time", "metric"]);
      const points = rows.map(({ time, metric }) => `${Number(time)} ${String(metric)}`);
      expect(new Set(points).size, name).toBe(points.length);
      const times = rows.map(({ time }) => Number(time));
      expect(times, name).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});

const variables = [...readDashboards().values()].flatMap(({ title, templating }) =>
  templating.list.map(({ name, query: sql }) => ({ name, dashboard: title, sql: typeof sql === "string" ? sql : "" })),
);

describe.each(variables)("the choices for $name on $dashboard", ({ name, sql }) => {
  it("are one column of distinct names, in every range", async () => {
    for (const [range, times] of Object.entries(ranges)) {
      const { columns, rows } = await runAsGrafana(sql, times, choices["all"] ?? {}, 1000);
      expect(
        columns.map(({ type }) => type),
        range,
      ).toEqual([text]);
      const names = rows.map((row) => row["name"]);
      expect(new Set(names).size, range).toBe(names.length);
    }
    const { rows } = await runAsGrafana(sql, ranges["3 h"] ?? { fromMs: 0, toMs: 0 }, choices["all"] ?? {}, 1000);
    const expected = {
      topic: [pipeline.topic],
      city: expect.arrayContaining(["Ba'ir"]),
      platform: expect.arrayContaining(["insta'gram"]),
    };
    expect(rows.map((row) => row["name"])).toEqual(Object.entries(expected).find(([key]) => key === name)?.[1]);
  });
});

const annotations = [...readDashboards().values()].flatMap(({ title, annotations: { list } }) =>
  list.map(({ name, target }) => ({ name, dashboard: title, sql: target.rawSql })),
);

describe.each(annotations)("the annotation $name on $dashboard", ({ sql }) => {
  it("gives time, timeend, text and tags, in every range", async () => {
    for (const [range, times] of Object.entries(ranges)) {
      const { columns } = await runAsGrafana(sql, times, {}, minute);
      expect(columns, range).toEqual([
        { name: "time", type: timestamptz },
        { name: "timeend", type: timestamptz },
        { name: "text", type: text },
        { name: "tags", type: text },
      ]);
    }
    const { rows } = await runAsGrafana(sql, ranges["3 h"] ?? { fromMs: 0, toMs: 0 }, {}, minute);
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe("a name that looks like a macro", () => {
  const filtered = panels.find(({ panel }) => panel.variables.includes("platform"));
  const range = ranges["3 h"] ?? { fromMs: 0, toMs: 0 };

  it("is expanded by Grafana's plugin also within quotes: the query fails, and gives nothing that was not asked for", async () => {
    const choice: Choice = { city: "all", platform: ["$__timeFrom()"] };
    await expect(runAsGrafana(filtered?.rawSql ?? "", range, choice, 1000)).rejects.toMatchObject({ code: "42601" });
    const unknown: Choice = { city: "all", platform: ["$__nothing()"] };
    await expect(async () => runAsGrafana(filtered?.rawSql ?? "", range, unknown, 1000)).rejects.toThrow(
      "unknown macro",
    );
  });

  it("is a name by the panels' own expansion", async () => {
    const variablesOfView = { topic: pipeline.topic, city: "all", platform: ["$__timeFrom()"] } as const;
    const sql = expandMacros(filtered?.panel.sql ?? "", { ...range, intervalMs: 1000, variables: variablesOfView });
    expect((await run(sql)).rows).toHaveLength(1);
  });
});

describe("the reader", () => {
  it("reads no events, and writes nothing", async () => {
    for (const sql of ["SELECT * FROM socmed_user_sales", "SELECT * FROM tidemark.checkpoints"]) {
      await expect(run(sql)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(run("DELETE FROM socmed_1m")).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|25006)$/),
    });
  });

  it("is cut off after four seconds and ten connections, and compiles nothing", async () => {
    expect((await run("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "4s" }]);
    expect((await run("SHOW jit")).rows).toEqual([{ jit: "off" }]);
    const limits = await query(
      pipeline.ownerUrl,
      "SELECT rolconnlimit, rolsuper FROM pg_roles WHERE rolname = 'tidemark_reader'",
    );
    expect(limits).toEqual([{ rolconnlimit: 10, rolsuper: false }]);
  });
});
