import { rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startPostgres } from "../src/index.js";
import { endLeftover, readPostmasterFile } from "../src/leftover.js";
import { isAlive, parentOf } from "../src/process-table.js";
import { query, start, startOwner, preparedDirectory, temporaryDirectory, until } from "./workspace.js";

test("Postgres ends when the process that started it is killed", async () => {
  const dataDir = await preparedDirectory();
  const owner = await startOwner(dataDir);
  const supervisor = parentOf(owner.postgres.pid) ?? 0;
  expect(isAlive(supervisor)).toBe(true);
  owner.process.kill("SIGKILL");
  await until(() => !isAlive(owner.postgres.pid) && !isAlive(supervisor));
  expect(await readPostmasterFile(dataDir), "it was shut down, not killed").toBeUndefined();
});

test("a start right after its last owner was killed waits for the old one and has its rows", async () => {
  const dataDir = await preparedDirectory();
  const owner = await startOwner(dataDir);
  await query(owner.postgres.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  owner.process.kill("SIGKILL");
  const next = await start({ dataDir });
  expect(isAlive(owner.postgres.pid)).toBe(false);
  expect(await query(next.databaseUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("a Postgres that lost its supervisor as well as its owner is stopped by the next start", async () => {
  const dataDir = await preparedDirectory();
  const owner = await startOwner(dataDir);
  const supervisor = parentOf(owner.postgres.pid) ?? 0;
  // Its whole session but Postgres: then nobody is left to stop it.
  process.kill(owner.process.pid ?? 0, "SIGSTOP");
  process.kill(supervisor, "SIGKILL");
  await until(() => parentOf(owner.postgres.pid) !== supervisor);
  const said: string[] = [];
  await start({ dataDir, log: (line) => said.push(line) });
  expect(isAlive(owner.postgres.pid)).toBe(false);
  expect(said.join("\n")).toContain("whose owner is gone");
});

test("a Postgres whose owner lives is left alone, and the owner is named", async () => {
  const dataDir = await preparedDirectory();
  const owner = await startOwner(dataDir);
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: "in-use",
    message: expect.stringContaining(`process ${owner.process.pid}`),
  });
  expect(await query(owner.postgres.databaseUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a stale postmaster.pid with the pid of some other live process doesn't keep Postgres from starting", async () => {
  const dataDir = await preparedDirectory();
  const first = await start({ dataDir });
  const left = await readFile(join(dataDir, "postmaster.pid"), "utf8");
  await first.close();
  await writeFile(join(dataDir, "postmaster.pid"), left.replace(/^\d+/, String(process.pid)));
  const second = await start({ dataDir });
  expect(isAlive(second.pid)).toBe(true);
});

test("a postmaster.pid with nothing in it yet is looked at again", async () => {
  const dataDir = await preparedDirectory();
  const path = join(dataDir, "postmaster.pid");
  await writeFile(path, "");
  const said: string[] = [];
  const starting = start({
    dataDir,
    log(line) {
      said.push(line);
      if (line.includes("is empty")) rmSync(path, { force: true });
    },
  });
  expect(isAlive((await starting).pid)).toBe(true);
  expect(said.join("\n")).toContain('lock file "postmaster.pid" is empty');
});

test("of a stale postmaster.pid all but the pid is kept, since Postgres looks for the killed one's backends by it", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  await mkdir(dataDir);
  const rest = `${dataDir}\n1750000000\n5432\n\n127.0.0.1\n  4711  42\nready   \n`;
  await writeFile(join(dataDir, "postmaster.pid"), `${process.pid}\n${rest}`);
  await endLeftover(dataDir, () => undefined);
  const text = await readFile(join(dataDir, "postmaster.pid"), "utf8");
  expect(text.slice(text.indexOf("\n") + 1)).toBe(rest);
  expect(isAlive(Number.parseInt(text, 10))).toBe(false);
});
