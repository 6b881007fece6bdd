/**
 * The `prepack` script of every public lib: `npm pack` runs it in the lib's folder. It builds the lib from nothing, so that
 * no file of an older build is packed, and brings the libs that it depends on up to date. A failure ends `npm pack` too.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const lib = process.cwd();
const tsc = resolve(import.meta.dirname, "../../node_modules/typescript-7/bin/tsc");

if (!existsSync(tsc)) {
  console.error("TypeScript is not installed: run `npm ci` in the root of the repository, then pack again.");
  process.exit(1);
}
rmSync(join(lib, "dist"), { recursive: true, force: true });
// The standard output of `npm pack` is the names of the packages, or JSON.
const { status, error } = spawnSync(process.execPath, [tsc, "-b", "tsconfig.build.json"], {
  cwd: lib,
  stdio: [0, 2, 2],
});
if (error !== undefined) throw error;
if (status !== 0) console.error(`${lib} was not packed, because it does not compile.`);
process.exit(status ?? 1);
