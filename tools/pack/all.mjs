/** `nx run pack:all`: packs every public lib into dist/packages, each as `npm pack -w libs/NAME` does. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../..");
const destination = join(repository, "dist/packages");
const prepack = "node ../../tools/pack/prepack.mjs";

const libs = readdirSync(join(repository, "libs")).filter((folder) => {
  const file = join(repository, "libs", folder, "package.json");
  // A lib that is no more may have left its dist behind.
  if (!existsSync(file)) return false;
  /** @type {{ private?: boolean, scripts?: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  if (manifest.private === true) return false;
  if (manifest.scripts?.["prepack"] === prepack) return true;
  throw new Error(
    `${file} needs "scripts": { "prepack": "${prepack}" }: without it, npm packs a lib that is not built.`,
  );
});

rmSync(destination, { recursive: true, force: true });
mkdirSync(destination, { recursive: true });
const options = ["--ignore-scripts=false", "--loglevel=error", "--pack-destination", destination];
const workspaces = libs.map((lib) => `--workspace=libs/${lib}`);
const { status, error } = spawnSync("npm", ["pack", ...options, ...workspaces], {
  cwd: repository,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (error !== undefined) throw error;
process.exit(status ?? 1);
