/** The libs of the workspace, built, packed, and installed together in a project outside of it. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runOrThrow } from "./commands.js";

export const repository = resolve(import.meta.dirname, "../../..");

export interface Lib {
  /** Its folder below libs/. */
  readonly folder: string;
  readonly packageName: string;
  /** What it may be imported by: `@tidemark/sinks`, `@tidemark/sinks/tables`. */
  readonly specifiers: readonly string[];
  /** The commands that it installs. */
  readonly commands: readonly string[];
}

/** Read from the workspace, so that a new lib is among them. Private ones are not packed. */
export function listLibs(): Lib[] {
  return readdirSync(join(repository, "libs"))
    .sort()
    .flatMap((folder) => {
      const {
        name,
        private: isPrivate = false,
        exports,
        bin = {},
      } = JSON.parse(readFileSync(join(repository, "libs", folder, "package.json"), "utf8")) as {
        name: string;
        private?: boolean;
        exports: Record<string, unknown>;
        bin?: Record<string, string>;
      };
      if (isPrivate) return [];
      const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"));
      const specifiers = subpaths.map((subpath) => name + subpath.slice(1));
      return [{ folder, packageName: name, specifiers, commands: Object.keys(bin) }];
    });
}

export interface Packed {
  readonly file: string;
  /** The paths in the package. */
  readonly contents: readonly string[];
}

/** Builds from nothing, so that no file of an older build gets in. */
export function buildAndPack(libs: readonly Lib[], destination: string): Map<string, Packed> {
  for (const { folder } of libs) rmSync(join(repository, "libs", folder, "dist"), { recursive: true, force: true });
  const projects = libs.map(({ folder }) => `libs/${folder}/tsconfig.build.json`);
  runOrThrow(process.execPath, ["node_modules/typescript-7/bin/tsc", "-b", ...projects], repository);
  const workspaces = libs.flatMap(({ folder }) => ["--workspace", `libs/${folder}`]);
  const printed = runOrThrow("npm", ["pack", "--json", "--pack-destination", destination, ...workspaces], repository);
  return readPacked(JSON.parse(printed) as readonly PackReport[] | Readonly<Record<string, PackReport>>, destination);
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm 11 and before print a list; npm 12 prints them by name. */
function readPacked(
  reports: readonly PackReport[] | Readonly<Record<string, PackReport>>,
  destination: string,
): Map<string, Packed> {
  return new Map(
    Object.values(reports).map(({ name, filename, files }) => [
      name,
      { file: join(destination, filename), contents: files.map(({ path }) => path) },
    ]),
  );
}

/** A project that depends on all of them and on the types of Node, as anyone's would. */
export function createProject(folder: string, packed: ReadonlyMap<string, Packed>): void {
  const { devDependencies } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const dependencies = Object.fromEntries([...packed].map(([name, { file }]) => [name, `file:${file}`]));
  const types = { "@types/node": devDependencies["@types/node"] };
  mkdirSync(folder, { recursive: true });
  const manifest = { name: "outside", private: true, type: "module", dependencies, devDependencies: types };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  runOrThrow("npm", ["install", ...options], folder);
}
