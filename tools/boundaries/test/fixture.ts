/** Small workspaces in a temporary folder, to plant violations in. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach } from "vitest";
import { checkWorkspace } from "../src/check.js";
import type { Finding, RuleName } from "../src/finding.js";
import { readImportGraph, otherProject } from "../src/import-graph.js";
import { readWorkspace } from "../src/workspace.js";

export const repository = resolve(import.meta.dirname, "../../..");

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export type Files = Readonly<Record<string, string | object>>;

/** Writes the files (objects as JSON) below a new temporary folder, which is removed after the test. */
export function createWorkspace(files: Files): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "tidemark-boundaries-")));
  folders.push(root);
  const rootManifest = { name: "tidemark", private: true, workspaces: ["apps/*", "libs/*", "tools/*"] };
  const withRoot: Files = { "package.json": { ...rootManifest, nx: { name: "tidemark" } }, ...files };
  for (const [path, content] of Object.entries(withRoot)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  }
  return root;
}

/** Links what the repository has installed, and the packages of the small workspace itself. */
export function linkModules(root: string): void {
  const modules = join(root, "node_modules");
  mkdirSync(join(modules, "@tidemark"), { recursive: true });
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (name.startsWith(".") || name === "@tidemark") continue;
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  for (const { packageName, root: folder } of readWorkspace(root).projects) {
    if (folder !== "") symlinkSync(join(root, folder), join(modules, packageName));
  }
}

export interface ManifestParts {
  readonly tags?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** The manifest of a package called as its folder is. */
export function manifest(name: string, parts: ManifestParts = {}): object {
  const { tags = [], exports = { ".": { "@tidemark/source": "./src/index.ts" } }, ...rest } = parts;
  return { name: `@tidemark/${name}`, version: "0.1.0", type: "module", exports, nx: { name, tags }, ...rest };
}

/** Needs of other packages by short names, as a part of a manifest. */
export function needs(...names: string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name.includes("/") ? name : `@tidemark/${name}`, "0.1.0"]));
}

/** All findings where Nx's graph knows exactly what the imports and the manifests say. */
export function check(root: string): Finding[] {
  const workspace = readWorkspace(root);
  const byImport = readImportGraph(workspace).flatMap((found) => {
    const other = otherProject(found);
    return other === undefined ? [] : [{ from: found.file.project.name, to: other.name }];
  });
  const byManifest = workspace.projects.flatMap(({ name, dependencies, devDependencies }) =>
    workspace.projects
      .filter(({ packageName }) => dependencies.has(packageName) || devDependencies.has(packageName))
      .map((other) => ({ from: name, to: other.name })),
  );
  const projects = new Set(workspace.projects.map(({ name }) => name));
  return checkWorkspace(root, { projects, edges: [...byImport, ...byManifest] });
}

/** Rule and place of each finding, and the message where it is asked for. */
export function places(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`);
}

export function messageOf(findings: readonly Finding[], rule: RuleName): string {
  return findings.find((finding) => finding.rule === rule)?.message ?? "";
}
