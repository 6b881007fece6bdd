/** Every package that is imported is declared where an installed copy of the importing package would look for it. */
import type { Finding } from "./finding.js";
import type { Import } from "./import-graph.js";
import { manifestPath, type Workspace } from "./workspace.js";

/**
 * The code of libs and apps may import what their `dependencies` name; their tests, and tools, also devDependencies and
 * those of the root. Code that is in no project's folder may import any package of the workspace.
 */
export function checkDependencies(workspace: Workspace, imports: readonly Import[]): Finding[] {
  return imports.flatMap((found) => checkImport(workspace, found));
}

function checkImport(workspace: Workspace, { file, site, to }: Import): Finding[] {
  if (site.specifier === undefined) return [];
  const at = { file: file.path, line: site.line };
  if (to.kind === "missing") {
    const message = `"${site.specifier}" leads to no file: mend the path`;
    return [{ rule: "unresolved-import", ...at, message }];
  }
  if (to.kind === "workspace" && to.path === undefined) {
    const message = `${to.project.packageName} exports no "${to.subpath}" with a @tidemark/source condition: use one of its exports, or add it`;
    return [{ rule: "unresolved-import", ...at, message }];
  }
  if (to.kind !== "workspace" && to.kind !== "external") return [];
  const { project } = file;
  const name = to.kind === "workspace" ? to.project.packageName : to.name;
  if (name === project.packageName || project.dependencies.has(name)) return [];
  if (project.kind === "root" && to.kind === "workspace") return [];
  const forDevelopment = file.inTests || project.kind === "tool" || project.kind === "root";
  const known = project.devDependencies.has(name) || workspace.rootProject.devDependencies.has(name);
  if (forDevelopment && known) return [];
  const list = forDevelopment ? "devDependencies" : "dependencies";
  const message = `${name} is not declared: add it to the ${list} of ${manifestPath(project)}`;
  return [{ rule: "undeclared-dependency", ...at, message }];
}
