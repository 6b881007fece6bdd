/** Who may import whom: Nx's project graph says which projects meet, the imports say in which file and by which subpath. */
import type { Finding } from "./finding.js";
import { otherProject, type Import } from "./import-graph.js";
import type { ProjectGraph } from "./nx-graph.js";
import { libMayImport, testsMayImport, testTools } from "./rules.js";
import { lineOfDependency, manifestPath, type Project, type Workspace } from "./workspace.js";

export function checkLayers(workspace: Workspace, graph: ProjectGraph, imports: readonly Import[]): Finding[] {
  return [
    ...findUnknownLibs(workspace),
    ...graph.edges.flatMap((edge) => checkEdge(workspace, edge, imports)),
    ...imports.flatMap((found) => checkImport(graph, found)),
  ];
}

function findUnknownLibs(workspace: Workspace): Finding[] {
  return workspace.projects
    .filter(({ kind, name }) => kind === "lib" && !(name in libMayImport))
    .map((project) => ({
      rule: "unknown-lib",
      file: manifestPath(project),
      line: 1,
      message: `${project.name} has no place in the layers: say in libMayImport what it may import`,
    }));
}

/** An edge that nothing in the project may have. Where an import makes it, that import is reported by `checkImport`. */
function checkEdge(
  workspace: Workspace,
  edge: { readonly from: string; readonly to: string },
  imports: readonly Import[],
): Finding[] {
  const from = workspace.projects.find(({ name }) => name === edge.from);
  const to = workspace.projects.find(({ name }) => name === edge.to);
  if (from === undefined || to === undefined) {
    const message = `Nx has an edge ${edge.from} -> ${edge.to}, but the workspaces of package.json lack one of them`;
    return [{ rule: "graph-gap", file: "package.json", line: 1, message }];
  }
  const inTests = judge(from, to, undefined, true);
  const reason = inTests ?? judgeManifest(from, to);
  if (reason === undefined) return [];
  if (inTests !== undefined && imports.some((found) => found.file.project === from && otherProject(found) === to)) {
    return [];
  }
  const rule = inTests === undefined ? "wrong-kind-of-dependency" : "layer";
  return [{ rule, file: manifestPath(from), line: lineOfDependency(from, to.packageName), message: reason }];
}

function judgeManifest(from: Project, to: Project): string | undefined {
  if (!from.dependencies.has(to.packageName)) return undefined;
  if (judge(from, to, undefined, false) === undefined) return undefined;
  return `${from.name} may import ${to.name} in its tests only: move ${to.packageName} to devDependencies`;
}

function checkImport(graph: ProjectGraph, found: Import): Finding[] {
  const { file, site, to } = found;
  const other = otherProject(found);
  if (other === undefined) return [];
  const at = { file: file.path, line: site.line };
  const findings: Finding[] = [];
  const reason = judge(file.project, other, to.kind === "workspace" ? to.subpath : undefined, file.inTests);
  if (reason !== undefined) findings.push({ rule: "layer", ...at, message: reason });
  if (to.kind === "file" && other.kind !== "root") {
    const message = `"${site.specifier}" reaches into ${other.name}: import ${other.packageName} by one of its exports`;
    findings.push({ rule: "relative-across-projects", ...at, message });
  }
  const known = graph.edges.some((edge) => edge.from === file.project.name && edge.to === other.name);
  if (!known && file.project.kind !== "root" && other.kind !== "root") {
    const message = `Nx does not see ${file.project.name} -> ${other.name}, so \`nx affected\` would miss it: see analyzeSourceFiles in nx.json, and name ${other.packageName} in ${manifestPath(file.project)}`;
    findings.push({ rule: "graph-gap", ...at, message });
  }
  return findings;
}

/** Why `from` may not import `to`, or undefined where it may. With no subpath, any that is allowed will do. */
function judge(from: Project, to: Project, subpath: string | undefined, inTests: boolean): string | undefined {
  if (to.kind === "app") return `nothing imports an app: move what ${from.name} needs of ${to.name} to a lib`;
  if (to.kind === "root") return undefined;
  if (to.kind === "tool") {
    return from.kind === "tool" || (inTests && testTools.includes(to.name))
      ? undefined
      : `only tools import tools: ${from.name} may not import ${to.name}`;
  }
  if (from.kind !== "lib") return undefined;
  if (inTests && testsMayImport.includes(to.name)) return undefined;
  const allowed = libMayImport[from.name];
  if (allowed === undefined) return undefined;
  const subpaths = allowed.filter((entry) => entry === to.name || entry.startsWith(`${to.name}/`));
  if (subpaths.length === 0) {
    if (testsMayImport.includes(to.name)) return `${from.name} may import ${to.name} in its tests and benchmarks only`;
    return `${from.name} may import ${listOf(allowed)}, not ${to.name}: move the code to the layer it belongs to`;
  }
  // Tests fill the tables that the code reads.
  const fits =
    inTests || subpaths.includes(to.name) || subpath === undefined || subpaths.includes(`${to.name}/${subpath}`);
  if (fits) return undefined;
  return `${from.name} may import of ${to.name} only ${listOf(subpaths)}, not "${subpath}"`;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "no other lib" : names.join(", ");
}
