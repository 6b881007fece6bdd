import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findInstalledPostgres, startPostgres } from "../src/index.js";
import { preparedDirectory, query, start, startOwner, temporaryDirectory, until } from "./workspace.js";
import { isAlive } from "../src/process-table.js";

const installed = (await findInstalledPostgres()).find(({ major }) => major === 15);

describe.skipIf(installed === undefined)("Debian's Postgres 15", () => {
  const binDir = installed?.binDir ?? "";

  test("is started, keeps its rows over a restart, and has this library's settings", async () => {
    const dataDir = join(await temporaryDirectory(), "data");
    const first = await start({ dataDir, binDir });
    expect(
      await query(
        first.databaseUrl,
        `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('fsync') AS fsync,
           current_setting('timezone') AS timezone, current_setting('server_encoding') AS encoding,
           current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS sockets`,
      ),
    ).toEqual([{ major: 15, fsync: "on", timezone: "UTC", encoding: "UTF8", listen: "127.0.0.1", sockets: "" }]);
    await query(first.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.close();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start({ dataDir, binDir });
    expect(await query(second.databaseUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  test("sorts names by code point, and its case follows Unicode", async () => {
    const { databaseUrl } = await start({ dataDir: join(await temporaryDirectory(), "data"), binDir });
    const names = await query<{ name: string }>(
      databaseUrl,
      "SELECT name FROM (VALUES ('b'), ('É'), ('a'), ('B')) AS names (name) ORDER BY name",
    );
    expect(names.map(({ name }) => name)).toEqual(["B", "a", "b", "É"]);
    expect(await query(databaseUrl, "SELECT lower('É') AS lowered")).toEqual([{ lowered: "é" }]);
  });

  test("ends with the process that started it", async () => {
    const owner = await startOwner(join(await temporaryDirectory(), "data"), binDir);
    owner.process.kill("SIGKILL");
    await until(() => !isAlive(owner.postgres.pid));
    expect(isAlive(owner.postgres.pid)).toBe(false);
  });

  test("refuses the data directory of the 18 from npm, and the other way round", async () => {
    await expect(startPostgres({ dataDir: await preparedDirectory(), binDir })).rejects.toMatchObject({
      code: "wrong-version",
      message: expect.stringMatching(/made by Postgres 18, and this is Postgres 15/),
    });
    const dataDir = join(await temporaryDirectory(), "data");
    await (await start({ dataDir, binDir })).close();
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({
      code: "wrong-version",
      message: expect.stringMatching(/made by Postgres 15, and this is Postgres 18/),
    });
  });
});

test("a directory without binaries is refused, and what it lacks is named", async () => {
  const binDir = await temporaryDirectory();
  const dataDir = join(await temporaryDirectory(), "data");
  await expect(startPostgres({ dataDir, binDir })).rejects.toMatchObject({
    code: "no-binaries",
    message: expect.stringContaining(`${binDir} holds no initdb and no postgres`),
  });
  await writeFile(join(binDir, "postgres"), "");
  await expect(startPostgres({ dataDir, binDir })).rejects.toMatchObject({
    code: "no-binaries",
    message: expect.stringContaining(`${binDir} holds no initdb.`),
  });
});

test("installations are found newest first; what is none is passed over", async () => {
  const home = await temporaryDirectory();
  for (const name of ["9", "15", "18", "common"]) {
    const bin = join(home, name, "bin");
    await mkdir(bin, { recursive: true });
    await Promise.all(["initdb", "postgres"].map((file) => writeFile(join(bin, file), "")));
  }
  await mkdir(join(home, "17", "bin"), { recursive: true });
  expect(await findInstalledPostgres(home)).toEqual([
    { major: 18, binDir: join(home, "18", "bin") },
    { major: 15, binDir: join(home, "15", "bin") },
    { major: 9, binDir: join(home, "9", "bin") },
  ]);
  expect(await findInstalledPostgres(join(home, "nowhere"))).toEqual([]);
});
