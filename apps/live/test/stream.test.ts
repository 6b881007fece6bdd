import { expandMacros, panelsOf, readRows, type View } from "@tidemark/panels";
import { createRoles, migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { dashboards } from "@tidemark/socmed/panels";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ShownRow } from "../src/protocol.js";
import { look, type EventClient } from "./event-client.js";
import { startUnderTest, type LiveUnderTest } from "./live-under-test.js";
import { openPartition, topic, type PartitionWriter } from "./partition-writer.js";
import { runPipeline } from "./pipeline.js";
import { query, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
afterEach(async () => {
  for (const one of open.toReversed()) await one.close();
  open = [];
});

async function start(databaseUrl: string): Promise<LiveUnderTest> {
  const live = await startUnderTest(databaseUrl);
  open.push(live);
  return live;
}

async function openWriter(databaseUrl: string): Promise<PartitionWriter> {
  const writer = await openPartition(databaseUrl);
  open.push(writer);
  return writer;
}

const hasRows = ({ seen }: EventClient, id: string): boolean => (seen.rows[id]?.length ?? 0) > 0;

describe("after a run of the real pipeline", () => {
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = await servers.createDatabase();
    // It refuses one row in about 250: figures such as visitors depend on the time of day.
    await query(databaseUrl, "ALTER TABLE socmed_user_sales ADD CHECK (right(id::text, 2) <> '1f')");
    // Events of the last twenty minutes and more, late ones and rejects among them.
    await runPipeline(databaseUrl, { scenario: "dirty", events: 20_000, startMs: Date.now() - 40 * 60_000 });
  }, 120_000);

  /** What Postgres itself answers for the time range that the stream named. */
  async function ask(tab: string, view: View): Promise<Record<string, readonly ShownRow[]>> {
    const panels = dashboards.filter(({ id }) => id === tab).flatMap(panelsOf);
    const rows = await Promise.all(
      panels.map(async (panel) => [panel.id, readRows(panel, await query(databaseUrl, expandMacros(panel.sql, view)))]),
    );
    return Object.fromEntries(rows);
  }

  it.each([
    ["tab=social-media-performance&range=all", "all", "all", 9],
    ["tab=social-media-performance&range=1h&city=Bogor&city=Depok&platform=X", ["Bogor", "Depok"], ["X"], 9],
    ["tab=social-media-performance&range=24h&city=&platform=X", [], ["X"], 0],
    ["tab=pipeline-health&range=all", "all", "all", 8],
  ] as const)("shows of %s what Postgres answers for each panel", async (choice, city, platform, filled) => {
    const live = await start(databaseUrl);
    const client = await look(live.url, choice);
    const { rows, panels } = await client.until((seen) => seen.panels !== undefined);
    const tab = new URLSearchParams(choice).get("tab") ?? "";
    const { fromMs = 0, toMs = 0, intervalMs = 0 } = panels ?? {};
    const { "database-size": size, ...expected } = await ask(tab, {
      fromMs,
      toMs,
      intervalMs,
      variables: { topic, city, platform },
    });
    const { "database-size": shownSize, ...shown } = rows;
    expect(shown).toEqual(expected);
    // The one figure that is another one a moment later.
    expect(shownSize?.length).toBe(size?.length);
    const { length } = Object.values(shown).filter((of) => of.length > 0);
    expect(length).toBeGreaterThanOrEqual(filled);
  });

  it("shows to a role that may only read the rollups what it shows to their owner", async () => {
    const password = "for-this-test";
    await createRoles(databaseUrl, {
      pipeline: socmed,
      writer: "live_writer",
      reader: "live_reader",
    });
    await query(databaseUrl, `ALTER ROLE live_reader PASSWORD '${password}'`);
    const asReader = new URL(databaseUrl);
    asReader.username = "live_reader";
    asReader.password = password;
    const ofReader = await start(asReader.href);
    const ofOwner = await start(databaseUrl);
    for (const tab of ["social-media-performance", "pipeline-health"]) {
      const clients = await Promise.all([ofReader, ofOwner].map(({ url }) => look(url, `tab=${tab}&range=all`)));
      const [shown, expected] = await Promise.all(
        clients.map((one) => one.until(({ panels }) => panels !== undefined)),
      );
      expect(shown?.rows).toEqual(expected?.rows);
      expect(shown?.names).toEqual(expected?.names);
    }
    expect(ofReader.lines).toEqual(ofOwner.lines);
  });

  it("says how far the tables have come: the ledger that adds up, the watermark and who holds it", async () => {
    const live = await start(databaseUrl);
    const client = await look(live.url, "range=all");
    const { pulse, panels } = await client.until((seen) => seen.pulse !== undefined && seen.panels !== undefined);
    const [row] = await query(
      databaseUrl,
      `SELECT sum(read)::int AS read, sum(counted)::int AS counted, sum(duplicate)::int AS duplicate, sum(late)::int AS late,
        sum(quarantined)::int AS quarantined, sum(rejected)::int AS rejected, sum(refused)::int AS refused, max(updated_at) AS committed,
        max(max_event_time) AS newest, min(watermark) AS watermark,
        (SELECT array_agg(partition ORDER BY partition) FROM tidemark.pipeline_health WHERE holds_watermark) AS held_by
      FROM tidemark.pipeline_health`,
    );
    const { committed, newest, watermark, held_by: heldBy, ...ledger } = row ?? {};
    expect(pulse).toMatchObject({ ledger, heldBy, database: "up" });
    expect(pulse?.watermarkMs).toBe((watermark as Date).getTime());
    expect(pulse?.newestEventMs).toBe((newest as Date).getTime());
    expect(pulse?.committedMs).toBe(panels?.committedMs);
    expect(Math.abs((pulse?.committedMs ?? 0) - (committed as Date).getTime())).toBeLessThanOrEqual(1);
    const { read = 0, ...verdicts } = pulse?.ledger ?? {};
    expect(Object.values(verdicts).reduce((sum, count) => sum + count, 0)).toBe(read);
    expect(read).toBe(20_000);
    expect(verdicts).toMatchObject({ refused: expect.toSatisfy((records: number) => records > 0) });
  });
});

it("compares single figures with the range of the same length before", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openWriter(databaseUrl);
  const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
  await writer.commit(
    { city: "Bogor", platform: "X", atMs: minutesAgo(2.5), usage: 7 },
    { city: "Bogor", platform: "X", atMs: minutesAgo(7.5), usage: 5 },
    { city: "Depok", platform: "X", atMs: minutesAgo(7.5), usage: 100 },
    { city: "Bogor", platform: "X", atMs: minutesAgo(12.5), usage: 1_000 },
  );
  const live = await start(databaseUrl);
  const [ofFiveMinutes, ofAll] = await Promise.all(
    ["range=5m&city=Bogor", "range=all&city=Bogor"].map((choice) => look(live.url, choice)),
  );
  const { rows, panels } = (await ofFiveMinutes?.until((seen) => seen.panels !== undefined)) ?? {};
  expect(rows?.["total-usage"]).toEqual([{ usage: 7 }]);
  expect(panels?.before).toEqual({ "total-usage": [{ usage: 5 }], "total-transactions": [{ transactions: 5 }] });
  const all = await ofAll?.until((seen) => seen.panels !== undefined);
  expect(all?.rows["total-usage"]).toEqual([{ usage: 1_012 }]);
  expect(all?.panels).not.toHaveProperty("before");
});

it("compares nothing with a range in which the stream began", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openWriter(databaseUrl);
  const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
  await writer.commit(
    { city: "Bogor", platform: "X", atMs: minutesAgo(2.5), usage: 7 },
    { city: "Bogor", platform: "X", atMs: minutesAgo(7), usage: 5 },
  );
  const live = await start(databaseUrl);
  const client = await look(live.url, "range=5m");
  const { panels } = await client.until((seen) => seen.panels !== undefined);
  expect(panels?.before).toEqual({});
});

it("begins before there are tables, with an entry without rows for every panel, and goes on when they come, or go", async () => {
  const databaseUrl = await servers.createDatabase({ migrated: false });
  const live = await start(databaseUrl);
  const client = await look(live.url, "range=1h");
  const empty = await client.until((seen) => seen.panels !== undefined);
  const ids = dashboards
    .slice(0, 1)
    .flatMap(panelsOf)
    .map(({ id }) => id);
  expect(empty.rows).toEqual(Object.fromEntries(ids.map((id) => [id, []])));
  expect(empty).toMatchObject({ names: { cities: [], platforms: [] }, pulse: { ledger: null, database: "up" } });
  await migrate(socmed, databaseUrl);
  const writer = await openWriter(databaseUrl);
  await writer.commit({ city: "Bogor", platform: "X", atMs: Date.now() - 60_000, usage: 7 });
  const { rows } = await client.until(() => hasRows(client, "total-usage"));
  expect(rows["total-usage"]).toEqual([{ usage: 7 }]);
  await query(databaseUrl, "DROP SCHEMA public, tidemark CASCADE; CREATE SCHEMA public");
  const gone = await client.until(() => !hasRows(client, "total-usage"));
  expect(gone).toMatchObject({ rows: empty.rows, pulse: { ledger: null, database: "up" } });
  expect(live.lines.filter((line) => line.startsWith("Postgres"))).toEqual([]);
});

it("brings a commit to who looks, and of the panels only those with other rows", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openWriter(databaseUrl);
  const figures = { city: "Bogor", platform: "X", atMs: Date.now() - 60_000 };
  await writer.commit({ ...figures, usage: 7 });
  const live = await start(databaseUrl);
  const [usage, health] = await Promise.all(
    ["range=all&city=Bogor", "range=all&tab=pipeline-health"].map((choice) => look(live.url, choice)),
  );
  await usage?.until(({ rows }) => rows["total-usage"]?.[0]?.["usage"] === 7);
  await health?.until(({ rows }) => rows["ledger"]?.[0]?.["records"] === 1);
  await writer.commit({ ...figures, usage: 9 });
  await usage?.until(({ rows }) => rows["total-usage"]?.[0]?.["usage"] === 9);
  const { latest } = (await health?.until(({ rows }) => rows["ledger"]?.[0]?.["records"] === 2)) ?? {};
  expect(latest).toEqual(expect.arrayContaining(["ledger", "watermarks"]));
  expect(latest).not.toEqual(expect.arrayContaining(["rows-per-second"]));
  await writer.commit({ ...figures, city: "Depok", usage: 1 });
  const committedMs = (await health?.until(({ rows }) => rows["ledger"]?.[0]?.["records"] === 3))?.panels?.committedMs;
  const other = await usage?.until(({ panels }) => panels?.committedMs === committedMs);
  expect(other?.latest).toEqual([]);
});

it("hands names on as data, whatever they look like, and takes them as a choice", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openWriter(databaseUrl);
  const names = { city: `<script>alert("1")</script>`, platform: `insta'gram\\'; DROP TABLE socmed_1m; --` };
  await writer.commit(
    { ...names, atMs: Date.now() - 60_000, usage: 7 },
    { city: "Bogor", platform: "event: pulse", atMs: Date.now() - 60_000, usage: 1 },
  );
  const live = await start(databaseUrl);
  const choice = new URLSearchParams({ range: "1h", ...names });
  const client = await look(live.url, choice.toString());
  const { rows, names: listed } = await client.until(() => hasRows(client, "total-usage"));
  expect(listed).toEqual({ cities: [names.city, "Bogor"].sort(), platforms: ["event: pulse", names.platform] });
  expect(rows["total-usage"]).toEqual([{ usage: 7 }]);
  expect(rows["conversion-by-city-and-platform"]).toEqual([expect.objectContaining(names)]);
  expect(client.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(client.response.headers.get("connection")).toBe("close");
});

it("says once that a role may not read a panel's table, shows the other tab meanwhile, and goes on when it may", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openWriter(databaseUrl);
  await writer.commit({ city: "Bogor", platform: "X", atMs: Date.now() - 60_000, usage: 7 });
  await query(databaseUrl, `CREATE ROLE curious LOGIN PASSWORD 'for-this-test'`);
  await query(
    databaseUrl,
    `GRANT USAGE ON SCHEMA tidemark TO curious; GRANT SELECT ON socmed_5s, socmed_1m, socmed_1h, tidemark.pipeline_health, tidemark.pipeline_progress TO curious`,
  );
  const asCurious = new URL(databaseUrl);
  asCurious.username = "curious";
  asCurious.password = "for-this-test";
  const live = await start(asCurious.href);
  const refused = await look(live.url, "tab=pipeline-health&range=5m");
  const client = await look(live.url, "range=5m");
  await client.until(({ counts }) => hasRows(client, "total-usage") && counts.panels >= 3);
  expect(refused.seen).toMatchObject({ counts: { panels: 0 }, pulse: { database: "up" } });
  expect(live.lines.filter((line) => line.includes("permission denied"))).toEqual([
    expect.stringMatching(
      /^Postgres refuses what .*pipeline-health.* asks \(permission denied for .*socmed_verdicts_1m\)/,
    ),
  ]);
  await query(databaseUrl, `GRANT SELECT ON socmed_verdicts_1m, socmed_verdicts_1h TO curious`);
  await refused.until(() => hasRows(refused, "ledger"));
});
