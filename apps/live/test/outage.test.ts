import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { look } from "./event-client.js";
import { startUnderTest } from "./live-under-test.js";
import { openPartition } from "./partition-writer.js";
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

const atMs = Date.now() - 60_000;
const figures = (usage: number) => ({ city: "Bogor", platform: "X", atMs, usage });

it("while Postgres is away it says so, keeps what it knows, shows it to who comes, and goes on by itself", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  open.push(writer);
  await writer.commit(figures(7));
  const live = await startUnderTest(databaseUrl);
  open.push(live);
  const client = await look(live.url, "range=all");
  const before = await client.until(({ rows, pulse }) => rows["total-usage"]?.length === 1 && pulse !== undefined);

  await servers.stopPostgres();
  const away = await client.until(({ pulse }) => pulse?.database === "away");
  expect(away.pulse).toEqual({ ...before.pulse, database: "away", nowMs: away.pulse?.nowMs });
  const later = await client.until(({ counts }) => counts.pulse >= away.counts.pulse + 2);
  expect(later.pulse?.nowMs).toBeGreaterThan(away.pulse?.nowMs ?? Infinity);
  const newcomer = await look(live.url, "range=all");
  const shown = await newcomer.until(({ panels, pulse }) => panels !== undefined && pulse !== undefined);
  expect(shown).toMatchObject({ rows: before.rows, names: before.names, pulse: { database: "away" } });
  const elsewhere = await look(live.url, "range=5m");
  await elsewhere.until(({ pulse }) => pulse?.database === "away");
  expect(elsewhere.seen.panels).toBeUndefined();

  await servers.restartPostgres();
  await client.until(({ pulse }) => pulse?.database === "up");
  await elsewhere.until(({ panels }) => panels !== undefined);
  await writer.commit(figures(9));
  await Promise.all(
    [client, newcomer, elsewhere].map((one) => one.until(({ rows }) => rows["total-usage"]?.[0]?.["usage"] === 9)),
  );
  expect(live.lines.filter((line) => line.startsWith("Postgres"))).toEqual([
    expect.stringMatching(/^Postgres does not answer \(.+\); waits for it$/),
    "Postgres answers again",
  ]);
}, 60_000);

it("starts while Postgres is away, and shows its rows when it comes", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  await writer.commit(figures(7));
  await writer.close();
  await servers.stopPostgres();
  const live = await startUnderTest(databaseUrl);
  open.push(live);
  const client = await look(live.url, "range=all");
  await client.until(({ pulse }) => pulse?.database === "away");
  await servers.restartPostgres();
  const { rows } = await client.until(({ panels }) => panels !== undefined);
  expect(rows["total-usage"]).toEqual([{ usage: 7 }]);
});

it("takes a new connection where one is cut", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  open.push(writer);
  await writer.commit(figures(7));
  const live = await startUnderTest(databaseUrl);
  open.push(live);
  const client = await look(live.url, "range=all");
  await client.until(({ panels }) => panels !== undefined);
  for (const usage of [8, 9, 10]) {
    await query(
      databaseUrl,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark-live'",
    );
    await writer.commit(figures(usage));
    await client.until(({ rows }) => rows["total-usage"]?.[0]?.["usage"] === usage);
  }
  expect(client.seen.pulse?.database).toBe("up");
});

it("gives up a connection that has gone silent, says so, and goes on with another", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  open.push(writer);
  await writer.commit(figures(7));
  const live = await startUnderTest(databaseUrl);
  open.push(live);
  const client = await look(live.url, "range=all");
  await client.until(({ panels }) => panels !== undefined);
  const [row] = await query(databaseUrl, "SELECT pid FROM pg_stat_activity WHERE application_name = 'tidemark-live'");
  const pid = Number(row?.["pid"]);
  process.kill(pid, "SIGSTOP");
  try {
    await client.until(({ pulse }) => pulse?.database === "away");
    await client.until(({ pulse }) => pulse?.database === "up");
    await writer.commit(figures(8));
    await client.until(({ rows }) => rows["total-usage"]?.[0]?.["usage"] === 8);
    const line = expect.stringMatching(/^Postgres does not answer \(.+ within 5 s\); waits for it$/);
    expect(live.lines).toContainEqual(line);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});
