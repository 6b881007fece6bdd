import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const nx = join(repository, "node_modules/nx/dist/bin/nx.js");

test.each(["consumer", "verify"])("nx run %s:help prints the usage, and starts no server", async (project) => {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-help-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // An outer Nx tells its tasks where its workspace is; the inner one must find its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NX_")));
  const state = { NX_DAEMON: "false", NX_WORKSPACE_DATA_DIRECTORY: join(folder, "nx") };
  const directory = join(folder, "stack");
  const { stdout } = await promisify(execFile)(process.execPath, [nx, "run", `${project}:help`], {
    cwd: repository,
    env: { ...env, ...state, TIDEMARK_DIR: directory },
  });
  expect(stdout).toContain(`Usage: nx run ${project}:`);
  expect(stdout).not.toContain("nx run stack:serve\n");
  expect(existsSync(directory)).toBe(false);
});
