import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startPostgres } from "../src/index.js";
import { isAlive } from "../src/process-table.js";
import { query, start, preparedDirectory, temporaryDirectory, until } from "./workspace.js";

test("a fresh directory becomes a Postgres 18 with fsync, UTC and UTF-8, on 127.0.0.1 alone", async () => {
  const { databaseUrl } = await start({ dataDir: join(await temporaryDirectory(), "data") });
  const [row] = await query(
    databaseUrl,
    `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
       current_setting('timezone') AS timezone, current_setting('server_encoding') AS encoding,
       current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS sockets,
       current_database() AS database`,
  );
  expect(row).toEqual({
    major: 18,
    fsync: "on",
    timezone: "UTC",
    encoding: "UTF8",
    listen: "127.0.0.1",
    sockets: "",
    database: "tidemark",
  });
});

test("names sort by code point on every machine, and case follows Unicode", async () => {
  const { databaseUrl } = await start({ dataDir: await preparedDirectory() });
  const rows = await query<{ name: string }>(
    databaseUrl,
    "SELECT name FROM (VALUES ('b'), ('É'), ('a'), ('B')) AS names (name) ORDER BY name",
  );
  expect(rows.map(({ name }) => name)).toEqual(["B", "a", "b", "É"]);
  expect(await query(databaseUrl, "SELECT lower('É') AS lowered")).toEqual([{ lowered: "é" }]);
});

test("rows are there again after a restart, with the same password", async () => {
  const dataDir = await preparedDirectory();
  const first = await start({ dataDir });
  await query(first.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await first.close();
  expect(isAlive(first.pid)).toBe(false);

  const second = await start({ dataDir });
  expect(await query(second.databaseUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  expect(new URL(second.databaseUrl).password).toBe(new URL(first.databaseUrl).password);
  expect(await readdir(join(dataDir, ".."))).toEqual(["data"]);
});

test("a wrong password is refused", async () => {
  const { databaseUrl } = await start({ dataDir: await preparedDirectory() });
  const url = new URL(databaseUrl);
  url.password = "guess";
  await expect(query(url.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
});

test("settings and the database's name are the caller's, and the address stays ours", async () => {
  const { databaseUrl } = await start({
    dataDir: await preparedDirectory(),
    database: 'odd "näme"',
    settings: { work_mem: "7MB", listen_addresses: "*" },
  });
  expect(
    await query(
      databaseUrl,
      `SELECT current_database() AS name, current_setting('work_mem') AS memory,
         current_setting('listen_addresses') AS listen`,
    ),
  ).toEqual([{ name: 'odd "näme"', memory: "7MB", listen: "127.0.0.1" }]);
});

test("a port that is taken is refused with its own code, and nothing is left running", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const dataDir = await preparedDirectory();
  await expect(startPostgres({ dataDir, port })).rejects.toMatchObject({
    code: "port-in-use",
    message: expect.stringContaining(String(port)),
  });
  const other = await start({ dataDir });
  expect(other.port).not.toBe(port);
});

test("a setting that Postgres doesn't take is refused in Postgres's words", async () => {
  const dataDir = await preparedDirectory();
  await expect(startPostgres({ dataDir, settings: { work_mem: "much" } })).rejects.toMatchObject({
    code: "start-failed",
    message: expect.stringContaining("work_mem"),
  });
});

test("many at once, each on a directory of its own, do not clash", async () => {
  const dataDirs = await Promise.all([1, 2, 3].map(preparedDirectory));
  const servers = await Promise.all(dataDirs.map((dataDir) => start({ dataDir })));
  expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
});

test("of two at once on one directory one starts, and the other is told that it is in use", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  const results = await Promise.allSettled([startPostgres({ dataDir }), startPostgres({ dataDir })]);
  for (const result of results) {
    if (result.status === "fulfilled") onTestFinished(() => result.value.close());
  }
  const refusals = results.filter((result) => result.status === "rejected");
  expect(refusals).toMatchObject([{ reason: { code: "in-use" } }]);
});

test("closing again does nothing, and open transactions don't delay it", async () => {
  const postgres = await start({ dataDir: await preparedDirectory() });
  const sleeper = query(postgres.databaseUrl, "SELECT pg_sleep(3600)");
  sleeper.catch(() => undefined);
  await until(async () => {
    const rows = await query(postgres.databaseUrl, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return rows.length === 1;
  });
  await Promise.all([postgres.close(), postgres.close()]);
  await postgres.close();
  expect(isAlive(postgres.pid)).toBe(false);
  await expect(sleeper).rejects.toMatchObject({ code: "57P01" });
});

test("the end of a Postgres that was killed is reported, and the next start recovers what was committed", async () => {
  const dataDir = await preparedDirectory();
  const first = await start({ dataDir });
  await query(first.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  const sleeper = query(first.databaseUrl, "SELECT pg_sleep(3600)");
  const lost = sleeper.catch((error: unknown) => String(error));
  await until(async () => {
    const rows = await query(first.databaseUrl, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return rows.length === 1;
  });
  process.kill(first.pid, "SIGKILL");
  expect(await first.ended).toBeInstanceOf(Array);
  expect(await lost).toMatch(/terminated|reset|closed/i);

  const said: string[] = [];
  const second = await start({ dataDir, log: (line) => said.push(line) });
  expect(await query(second.databaseUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  expect(said.join("\n")).toContain("it will recover");
});

test("the PG* variables are for other servers", async () => {
  const others = { PGHOST: "192.0.2.1", PGSSLMODE: "require", PGSSLNEGOTIATION: "direct", PGOPTIONS: "-c no.such" };
  for (const [name, value] of Object.entries(others)) vi.stubEnv(name, value);
  try {
    const { port, databaseUrl } = await start({ dataDir: await preparedDirectory() });
    expect(databaseUrl).toContain(`@127.0.0.1:${port}/tidemark`);
  } finally {
    vi.unstubAllEnvs();
  }
});
