import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startPostgres } from "../src/index.js";
import { preparedDirectory, query, start, temporaryDirectory } from "./workspace.js";

test("the data directory of another major version is refused, and left as it was", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  await mkdir(dataDir);
  await writeFile(join(dataDir, "PG_VERSION"), "16\n");
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: "wrong-version",
    message: expect.stringMatching(/made by Postgres 16, and this is Postgres 18.*Move it away/),
  });
  expect(await readdir(dataDir)).toEqual(["PG_VERSION"]);
});

test("a directory with other files in it is refused, and left as it was", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  await mkdir(dataDir);
  await writeFile(join(dataDir, "notes.txt"), "mine");
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: "unusable-directory" });
  expect(await readdir(dataDir)).toEqual(["notes.txt"]);
});

test("a cluster that was not made here is refused", async () => {
  const dataDir = await preparedDirectory();
  await rm(join(dataDir, "tidemark-password"));
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: "unusable-directory",
    message: expect.stringContaining("not made here"),
  });
});

test("a file where the directory should be is refused", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  await writeFile(dataDir, "");
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: "unusable-directory" });
  await expect(startPostgres({ dataDir: join(dataDir, "below") })).rejects.toMatchObject({
    code: "unusable-directory",
  });
});

test("an empty directory that exists is used", async () => {
  const dataDir = join(await temporaryDirectory(), "data");
  await mkdir(dataDir);
  const { databaseUrl } = await start({ dataDir });
  expect(await query(databaseUrl, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("what a killed maker of a cluster left is removed, and what a live one makes is kept", async () => {
  const parent = await temporaryDirectory();
  await mkdir(join(parent, "data.new-2147483646-aa", "data"), { recursive: true });
  await mkdir(join(parent, `data.new-${process.pid}-bb`));
  await mkdir(join(parent, "data.newer"));
  await start({ dataDir: join(parent, "data") });
  expect((await readdir(parent)).toSorted()).toEqual(["data", `data.new-${process.pid}-bb`, "data.newer"]);
});

test("a disk that is full is named, and no half-made cluster stays", async (context) => {
  const disk = join(await temporaryDirectory(), "disk");
  await mkdir(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    context.skip("this user may not mount a small disk");
  }
  try {
    await expect(startPostgres({ dataDir: join(disk, "data") })).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringContaining("Free some space"),
    });
    expect(await readdir(disk)).toEqual([]);
  } finally {
    execFileSync("umount", [disk]);
  }
});
