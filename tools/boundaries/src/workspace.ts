/** The projects of a workspace and their manifests, read from the `workspaces` of its package.json. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export type ProjectKind = "lib" | "app" | "tool" | "root";

export interface Project {
  readonly name: string;
  readonly kind: ProjectKind;
  readonly pure: boolean;
  /** Path from the workspace root, with `/`; the root project's is empty. */
  readonly root: string;
  readonly packageName: string;
  /** Subpath (`.`, `./tables`) to source file, from the `@tidemark/source` conditions; paths from the workspace root. */
  readonly sources: ReadonlyMap<string, string>;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
  readonly manifestText: string;
}

export interface Workspace {
  /** Absolute. */
  readonly root: string;
  readonly projects: readonly Project[];
  readonly rootProject: Project;
}

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>> | string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly name?: string; readonly tags?: readonly string[] };
}

/** Throws where the package.json of the root or of a project can't be read. */
export function readWorkspace(root: string): Workspace {
  const rootProject = readProject(root, "");
  const manifest = JSON.parse(rootProject.manifestText) as Manifest;
  const folders = (manifest.workspaces ?? []).flatMap((pattern) => expandPattern(root, pattern));
  const projects = folders.map((folder) => readProject(root, folder));
  return { root, projects: [...projects, rootProject], rootProject };
}

function expandPattern(root: string, pattern: string): string[] {
  if (!pattern.endsWith("/*")) return [pattern];
  const parent = pattern.slice(0, -2);
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")));
}

function readProject(workspaceRoot: string, root: string): Project {
  const manifestText = readFileSync(join(workspaceRoot, root, "package.json"), "utf8");
  const manifest = JSON.parse(manifestText) as Manifest;
  const tags = manifest.nx?.tags ?? [];
  return {
    name: manifest.nx?.name ?? root.split("/").at(-1) ?? "",
    kind: kindOf(root),
    pure: tags.includes("pure"),
    root,
    packageName: manifest.name ?? "",
    sources: readSources(root, manifest.exports),
    dependencies: new Set(
      [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies].flatMap((names) =>
        Object.keys(names ?? {}),
      ),
    ),
    devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
    manifestText,
  };
}

function kindOf(root: string): ProjectKind {
  if (root.startsWith("libs/")) return "lib";
  if (root.startsWith("apps/")) return "app";
  return root === "" ? "root" : "tool";
}

function readSources(root: string, exportsMap: Manifest["exports"]): Map<string, string> {
  if (exportsMap === undefined || typeof exportsMap === "string") return new Map();
  const sources = new Map<string, string>();
  for (const [subpath, target] of Object.entries(exportsMap)) {
    const source = typeof target === "object" && target !== null && "@tidemark/source" in target;
    if (!source || typeof target["@tidemark/source"] !== "string") continue;
    sources.set(subpath, `${root}/${target["@tidemark/source"].replace(/^\.\//, "")}`);
  }
  return sources;
}

/** The 1-based line of a project's manifest that names a package, else 1. */
export function lineOfDependency(project: Project, packageName: string): number {
  const index = project.manifestText.split("\n").findIndex((line) => line.trim().startsWith(`"${packageName}":`));
  return index + 1 || 1;
}

export function manifestPath(project: Project): string {
  return project.root === "" ? "package.json" : `${project.root}/package.json`;
}
