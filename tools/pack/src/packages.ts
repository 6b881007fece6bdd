/** The public libs of the workspace, as `nx run pack:all` has packed them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runOrThrow } from "./commands.js";

export const repository = resolve(import.meta.dirname, "../../..");
const destination = join(repository, "dist/packages");

/** Libs that are declared and still hold no code or README: they move there from apps/consumer. */
export const unfinished: ReadonlySet<string> = new Set();

export interface PackedLib {
  /** Its folder below libs/. */
  readonly folder: string;
  readonly packageName: string;
  /** What it may be imported by: `@tidemark/sinks`, `@tidemark/sinks/tables`. */
  readonly specifiers: readonly string[];
  /** The commands that it installs. */
  readonly commands: readonly string[];
  /** The tarball. */
  readonly file: string;
  /** The paths in the package. */
  readonly contents: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Read from the workspace, so that a new lib is among them. Throws where one is not packed. */
export function listPackedLibs(): PackedLib[] {
  return readdirSync(join(repository, "libs"))
    .filter((folder) => existsSync(manifestOf(folder)))
    .sort()
    .flatMap((folder) => {
      const manifest = readManifest(folder);
      return manifest.private === true ? [] : [describeLib(folder, manifest)];
    });
}

function describeLib(folder: string, { name, version, exports, bin = {} }: Manifest): PackedLib {
  const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"));
  const file = join(destination, `${name.slice(1).replace("/", "-")}-${version}.tgz`);
  return {
    folder,
    packageName: name,
    specifiers: subpaths.map((subpath) => name + subpath.slice(1)),
    commands: Object.keys(bin),
    file,
    contents: runOrThrow("tar", ["-tzf", file], repository)
      .split("\n")
      .filter((path) => path !== "")
      .map((path) => path.replace("package/", "")),
  };
}

export function readPackedFile({ file }: PackedLib, path: string): string {
  return runOrThrow("tar", ["-xzOf", file, `package/${path}`], repository);
}

const manifestOf = (folder: string) => join(repository, "libs", folder, "package.json");

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(manifestOf(folder), "utf8")) as Manifest;
}
