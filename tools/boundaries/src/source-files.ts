/** The source files of a workspace, each with the project that it belongs to. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { testFolders } from "./rules.js";
import type { Project, Workspace } from "./workspace.js";

export interface SourceFile {
  /** Path from the workspace root, with `/`. */
  readonly path: string;
  readonly project: Project;
  readonly inTests: boolean;
  readonly text: string;
}

const extensions = /\.(ts|mts|cts|tsx|js|mjs|cjs|jsx)$/;
const notSource = new Set(["node_modules", "dist", "test-results", "coverage"]);

/** Every TypeScript and JavaScript file, but for built, installed and hidden ones. */
export function listSourceFiles(workspace: Workspace): SourceFile[] {
  return listPaths(workspace.root, "").map((path) => {
    const project = projectOf(workspace, path);
    const [folder = ""] = path.slice(project.root === "" ? 0 : project.root.length + 1).split("/");
    const inTests = testFolders.includes(folder) || path.endsWith(".config.ts");
    return { path, project, inTests, text: readFileSync(join(workspace.root, path), "utf8") };
  });
}

function listPaths(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || notSource.has(entry.name)) return [];
    if (entry.isDirectory()) return listPaths(root, path);
    return entry.isFile() && extensions.test(entry.name) ? [path] : [];
  });
}

/** The project whose folder holds the path; the root project where no other does. */
export function projectOf(workspace: Workspace, path: string): Project {
  return workspace.projects.find(({ root }) => root !== "" && path.startsWith(`${root}/`)) ?? workspace.rootProject;
}
