import { lstat, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findAccount } from "../src/account.js";
import { placeDataDir, reachableBase } from "../src/placement.js";
import { asRoot, closedDirectory, query, start, temporaryDirectory } from "./workspace.js";

const silent = (): void => undefined;

test.runIf(asRoot)(
  "data below a directory that Postgres may not enter go elsewhere, said aloud, and persist",
  async () => {
    const closed = await closedDirectory();
    const dataDir = join(closed, "data");
    const said: string[] = [];
    const first = await start({ dataDir, log: (line) => said.push(line) });
    onTestFinished(() => rm(dirname(first.dataDir), { recursive: true, force: true }));
    expect(dirname(dirname(first.dataDir))).toBe(reachableBase);
    expect(said.join("\n")).toContain(`may not enter ${closed}: its data lie in ${first.dataDir}`);
    await query(first.databaseUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.close();

    const second = await start({ dataDir });
    expect(second.dataDir).toBe(first.dataDir);
    expect(await query(second.databaseUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  },
);

test.runIf(asRoot)("a link that is moved keeps its data, and one that is removed begins anew", async () => {
  const [closed, base] = [await closedDirectory(), await temporaryDirectory()];
  const account = await findAccount(closed, silent);
  const wanted = join(closed, "data");
  const first = await placeDataDir(wanted, account, base, silent);
  expect(await readlink(wanted)).toBe(first);
  await rename(wanted, join(closed, "moved"));
  expect(await placeDataDir(join(closed, "moved"), account, base, silent)).toBe(first);
  expect(await placeDataDir(wanted, account, base, silent)).not.toBe(first);
});

test("a link to a place that is gone is refused", async () => {
  const directory = await temporaryDirectory();
  await symlink(join(directory, "gone", "data"), join(directory, "data"));
  await expect(placeDataDir(join(directory, "data"), undefined, directory, silent)).rejects.toMatchObject({
    code: "unusable-directory",
    message: expect.stringContaining("Remove the link"),
  });
});

test.runIf(asRoot)("two that place the same data at once agree", async () => {
  const [closed, base] = [await closedDirectory(), await temporaryDirectory()];
  const account = await findAccount(closed, silent);
  const places = await Promise.all([1, 2, 3].map(() => placeDataDir(join(closed, "data"), account, base, silent)));
  expect(new Set(places).size).toBe(1);
  expect(await readdir(base)).toHaveLength(1);
});

test.runIf(asRoot)("data that are already where Postgres may not enter are refused and kept", async () => {
  const closed = await closedDirectory();
  const wanted = join(closed, "data");
  await mkdir(wanted);
  await writeFile(join(wanted, "PG_VERSION"), "18\n");
  const account = { uid: 65534, gid: 65534, name: "nobody" };
  await expect(placeDataDir(wanted, account, closed, silent)).rejects.toMatchObject({
    code: "unusable-directory",
    message: expect.stringContaining("chmod o+x"),
  });
  expect((await lstat(wanted)).isDirectory()).toBe(true);
});

test.runIf(asRoot)(
  "a temporary directory is opened for passing, not for listing, and holds its data itself",
  async () => {
    const directory = await temporaryDirectory();
    const said: string[] = [];
    const { dataDir } = await start({ dataDir: join(directory, "deeper", "data"), log: (line) => said.push(line) });
    expect(dataDir).toBe(join(directory, "deeper", "data"));
    expect((await lstat(directory)).mode & 0o777).toBe(0o711);
    expect(said.join("\n")).toContain(directory);
  },
);

test("for the present user data stay where they were wanted", async () => {
  const closed = await closedDirectory();
  const wanted = join(closed, "a", "b", "data");
  expect(await placeDataDir(wanted, undefined, closed, silent)).toBe(wanted);
});
