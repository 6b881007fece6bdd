import { expandMacros, panelsOf, type Panel } from "@tidemark/panels";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { dashboards, healthPanels } from "@tidemark/socmed/panels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listQueries } from "../../src/panels/queries.js";
import { query } from "../servers.js";
import { compare, startTestPostgres, type TestPostgres } from "./tables.js";

let server: TestPostgres;
let databases = 0;

beforeAll(async () => {
  server = await startTestPostgres();
});

afterAll(() => server.close());

/** Empty tables, and in them what the statements write. */
async function fill(...statements: readonly string[]): Promise<string> {
  databases += 1;
  await query(server.databaseUrl, `CREATE DATABASE panels_${databases}`);
  const url = new URL(server.databaseUrl);
  url.pathname = `/panels_${databases}`;
  await migrate(socmed, url.href);
  for (const statement of statements) await query(url.href, statement);
  return url.href;
}

const checkpoint = (topic: string, partition: number, watermark: string | null, counts: readonly number[]) => {
  const [read = 0, , , , , , , skipped = 0, lost = 0] = counts;
  const time = watermark === null ? "NULL" : `'${watermark}'`;
  return `INSERT INTO tidemark.definitions VALUES ('hash', '{}') ON CONFLICT DO NOTHING;
    INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch,
      watermark, max_event_time, read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost, updated_at)
    VALUES ('socmed', '${topic}', ${partition}, 'group', 'cluster', 'hash', 0, ${read + skipped + lost}, 1, ${time}, ${time}, ${counts.join(", ")},
      '2026-01-02 03:04:05.678901+00')`;
};

const window = (
  table: string,
  start: string,
  city: string,
  platform: string,
  figures: readonly (number | string)[],
  partition = 0,
) =>
  `INSERT INTO ${table} VALUES ('odd', ${partition}, '${start}', $$${city}$$, $$${platform}$$, ${figures.join(", ")})`;

describe("panels on tables that hold odd things", () => {
  it("are equal where there is nothing at all", async () => {
    const { differences, compared } = await compare(await fill(), "nothing");
    expect(differences).toEqual([]);
    expect(compared).toMatchObject({ "total-usage": 0, "real-time-total-usage": 0, ledger: 0, watermarks: 0 });
    expect(compared["database-size"]).toBeGreaterThan(0);
  });

  it("are equal with names that SQL, macros and alphabets could stumble over", async () => {
    const names = [
      "zebra",
      "Zürich",
      "ångström",
      "a",
      "B",
      "insta'gram",
      "$__timeFrom()",
      "$city",
      "\u{1f600}",
      "\uff5e",
      "x','y",
    ];
    const rows = names.flatMap((name, at) => [
      // One and the same figures, so that names alone decide.
      window("socmed_5s", "2024-02-03 17:00:00+00", name, names[at % 3] ?? "", [1, 2, 3, 4, 1, 2, 50, 1, 25, 1]),
      window("socmed_1m", "2024-02-03 17:00:00+00", name, names[at % 3] ?? "", [1, 2, 3, 4, 1, 2, 50, 1, 25, 1]),
      window("socmed_1h", "2024-02-03 17:00:00+00", name, names[at % 3] ?? "", [1, 2, 3, 4, 1, 2, 50, 1, 25, 1]),
    ]);
    const url = await fill(...rows, checkpoint("odd", 0, "2024-02-03 17:00:00+00", [1, 1, 0, 0, 0, 0, 0, 0, 0]));
    const { differences, compared, views } = await compare(url, "odd");
    expect(differences).toEqual([]);
    expect(compared["variable city"]).toBe(names.length * views.length);
  });

  it("are equal with many more names than panels show, of which one reads as all others do, and send as little", async () => {
    // Figures rise and fall with the names in several ways, and many are the same.
    const figures = (n: string) =>
      `1 + ${n} % 7, 10 + ${n} % 13, ${n} % 17, 3 * (${n} % 19), ${n} % 5, ${n} % 3, 50 + ${n} % 9, 1, 25 + ${n} % 11, 1`;
    const names = `CASE WHEN n % 37 = 0 THEN 'other' ELSE 'City ' || (n % 997) END, CASE WHEN n % 31 = 0 THEN 'other' ELSE 'Platform ' || (n % 41) END`;
    const insert = (table: string, seconds: number) =>
      `INSERT INTO ${table} SELECT 'odd', n % 3, '2024-02-03 17:00:00+00'::timestamptz + (n % 4) * interval '${seconds} seconds', ${names}, ${figures("n")}
       FROM generate_series(1, 5000) AS n ON CONFLICT DO NOTHING`;
    const url = await fill(
      insert("socmed_5s", 5),
      insert("socmed_1m", 60),
      insert("socmed_1h", 3600),
      checkpoint("odd", 0, "2024-02-03 17:00:00+00", [1, 1, 0, 0, 0, 0, 0, 0, 0]),
    );
    const { differences } = await compare(url, "odd");
    expect(differences).toEqual([]);
    const view = {
      fromMs: Date.parse("2024-02-03T17:00:00Z"),
      toMs: Date.parse("2024-02-03T17:00:30Z"),
      intervalMs: 5_000,
      variables: { topic: "odd", city: "all", platform: "all" },
    } as const;
    const counts = await Promise.all(
      listQueries().map(async ({ name, sql }) => [name, (await query(url, expandMacros(sql, view))).length] as const),
    );
    expect(Object.fromEntries(counts)).toMatchObject({
      // Points, and the series and all others.
      "real-time-total-usage": 4 * (12 + 1),
      "average-conversion-rate": 30 + 1,
      "average-bounce-rate": 30 + 1,
      "city-with-most-users": 30,
      "city-with-most-sales": 30,
      "conversion-by-city-and-platform": expect.toSatisfy((rows: number) => rows > 60 && rows <= 31 * 13),
      "variable city": 200,
    });
  });

  it("are equal with rates of nothing, parts larger than their whole, and sums beyond 2^53", async () => {
    const url = await fill(
      window("socmed_5s", "2024-02-03 17:00:00+00", "none", "X", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      window("socmed_5s", "2024-02-03 17:00:05+00", "more", "X", [1, 5, 5, 2, 3, 4, 200, 1, 150, 1]),
      window("socmed_5s", "2024-02-03 17:00:05+00", "many", "Y", [
        9,
        "9007199254740993",
        1,
        "9007199254740993",
        3,
        4,
        1e-7,
        2,
        1e9,
        3,
      ]),
      window("socmed_5s", "2024-02-03 17:00:05+00", "many", "Y", [9, "1", 1, "1", 3, 4, 0.1, 2, 1e9, 3], 1),
      window("socmed_5s", "2024-02-03 17:00:50+00", "all", "Z", [1, 1, 1, 1000, 0, 1000, 100, 1, 0, 1]),
      checkpoint("odd", 0, "2024-02-03 17:00:00+00", [9, 2, 1, 1, 1, 1, 3, 3, 0]),
      checkpoint("odd", 1, null, [0, 0, 0, 0, 0, 0, 0, 3, 1]),
    );
    expect((await compare(url, "odd")).differences).toEqual([]);
  });

  it("are equal before 1970, after 3000, off the windows' grid, and for records without a time", async () => {
    const url = await fill(
      window("socmed_5s", "1969-12-31 23:59:55+00", "old", "X", [1, 2, 3, 4, 1, 2, 50, 1, 25, 1]),
      window("socmed_5s", "1970-01-01 00:00:00.000001+00", "old", "X", [1, 2, 3, 4, 1, 2, 50, 1, 25, 1]),
      `INSERT INTO socmed_verdicts_1m VALUES ('odd', 0, '-infinity', 'rejected', 'not-json', 7),
         ('odd', 0, '1969-12-31 23:59:00+00', 'late', 'under 1 s', 10), ('odd', 0, '1969-12-31 23:59:00+00', 'counted', '', 190),
         ('odd', 1, '1970-01-01 00:00:00+00', 'late', '1 h or more', 10), ('odd', 1, '1970-01-01 00:00:00+00', 'counted', '', 191)`,
      `INSERT INTO socmed_verdicts_1h VALUES ('odd', 0, '-infinity', 'rejected', 'not-json', 7),
         ('odd', 0, '1969-12-31 23:00:00+00', 'late', 'under 1 s', 10), ('odd', 0, '1969-12-31 23:00:00+00', 'counted', '', 190),
         ('odd', 1, '1970-01-01 00:00:00+00', 'late', '1 h or more', 10), ('odd', 1, '1970-01-01 00:00:00+00', 'counted', '', 191)`,
      checkpoint("odd", 0, "1969-12-31 23:59:55.001+00", [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    );
    const early = await compare(url, "odd");
    expect(early.differences).toEqual([]);
    // Of the two minutes, and of the two hours, that have ten late records one has just so large a share.
    expect(early.compared["annotation late-bursts"]).toBe(early.views.length);
    await query(url, "UPDATE socmed_5s SET window_start = window_start + interval '1030 years'");
    await query(url, "UPDATE socmed_verdicts_1m SET window_start = window_start + interval '1030 years'");
    expect((await compare(url, "odd")).differences).toEqual([]);
  });

  it("are equal where consumers observed no time, no checkpoint, and twice at once", async () => {
    const url = await fill(
      `INSERT INTO tidemark.progress VALUES
         ('2026-01-01 00:00:00.5+00', 'socmed', 'odd', 0, 'a', 0, 0, 0, 0, 0, 17, 0), ('2026-01-01 00:00:10+00', 'socmed', 'odd', 0, 'a', 10, 7, 0, 0, 0, 5, 0),
         ('2026-01-01 00:00:10+00', 'socmed', 'odd', 1, 'b', 0, 3, 2, 9.5, 7.25, 8, 0), ('2026-01-01 00:00:19.999999+00', 'socmed', 'odd', 1, 'c', 3.3, 3, 1, 4.5, 4.5, 9, 0),
         ('2026-01-01 00:01:19.9999995+00', 'socmed', 'odd', 2, 'c', 10, 3, 1, 4.5, 4.5, 1, 0), ('2026-01-01 00:00:10+00', 'socmed', 'other', 0, 'a', 1, 1, 1, 1, 1, 1, 1)`,
    );
    const { differences, compared } = await compare(url, "odd");
    expect(differences).toEqual([]);
    expect(compared).toMatchObject({ "rows-per-second": expect.any(Number) as number });
    expect(compared["checkpoint-time"]).toBeGreaterThan(0);
  });
});

it("every panel, variable and annotation of the dashboards is compared, under a name of its own", async () => {
  const names = listQueries().map(({ name }) => name);
  const panels = dashboards.flatMap(panelsOf).map(({ id }) => id);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^(variable|annotation) /.test(name))).toEqual(panels);
  expect(names.filter((name) => /^(variable|annotation) /.test(name))).toEqual([
    "variable topic",
    "variable city",
    "variable platform",
    "annotation late-bursts",
  ]);
  const { compared } = await compare(await fill(), "nothing", { atMs: 0, rangeMs: "all" });
  expect(Object.keys(compared)).toEqual(names);
});

describe("what consumers observe every 10 s, give or take", () => {
  /** Two consumers of a partition each, at 10 rows/s and 50 records behind, from 12:00 to 12:10; from 12:04 to 12:07 nobody told anything. */
  const observations = `INSERT INTO tidemark.progress
    SELECT timestamptz '2026-01-02 12:00:00+00' + (turn * 10 + 2 + partition * 5 + sin(turn * 7 + partition) * 0.4) * interval '1 second',
      'socmed', 'busy', partition, 'consumer ' || partition, 10, 100, 1, 20, 20, 50, 0
    FROM generate_series(0, 59) AS turn, generate_series(0, 1) AS partition WHERE turn NOT BETWEEN 24 AND 41`;

  async function readValues(databaseUrl: string, panel: Panel, value: string): Promise<unknown[]> {
    const view = {
      fromMs: Date.parse("2026-01-02T12:00:30Z"),
      toMs: Date.parse("2026-01-02T12:09:29Z"),
      intervalMs: 1_000,
      variables: { topic: "busy" },
    };
    return (await query(databaseUrl, expandMacros(panel.sql, view))).map((row) => row[value]);
  }

  it("is a steady line, though their times shift a little, and has a gap where nobody told anything", async () => {
    const databaseUrl = await fill(observations);
    const rates = await readValues(databaseUrl, healthPanels.rowsPerSecond, "rate");
    expect(rates).toEqual([...Array(7).fill(20), ...Array(6).fill(null), ...Array(5).fill(20)]);
    const lags = await readValues(databaseUrl, healthPanels.lagOverTime, "lag");
    expect(lags).toEqual(rates.map((rate) => (rate === null ? null : 100)));
    const durations = await readValues(databaseUrl, healthPanels.checkpointTime, "duration");
    expect(durations.filter((one) => one === null)).toHaveLength(12);
    expect((await compare(databaseUrl, "busy")).differences).toEqual([]);
  });
});
