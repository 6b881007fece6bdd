/** What code reached from a pure lib may not do, followed through its own files and those of the workspace packages it imports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bind, type BoundFile } from "./bound-file.js";
import type { Finding } from "./finding.js";
import { findImpureGlobals } from "./impure-globals.js";
import { readImports, type ImportSite } from "./imports.js";
import { resolve, type Resolution } from "./resolution.js";
import { purePackages, type PurePackage } from "./rules.js";
import { projectOf } from "./source-files.js";
import { findUnseeded } from "./unseeded.js";
import type { Project, Workspace } from "./workspace.js";

interface Visit {
  readonly path: string;
  /** The files from the entry to this one. */
  readonly chain: readonly string[];
}

/** Starts at every export of the projects tagged `pure`, but for those in `src/bin/`: a lib's bin is a separate program. */
export function checkPurity(workspace: Workspace): Finding[] {
  const seen = new Set<string>();
  const queue: Visit[] = workspace.projects
    .filter(({ pure }) => pure)
    .flatMap(({ root, sources }) => [...sources.values()].filter((path) => !path.startsWith(`${root}/src/bin/`)))
    .map((path) => ({ path, chain: [path] }));
  const findings: Finding[] = [];
  for (let visit = queue.shift(); visit !== undefined; visit = queue.shift()) {
    if (seen.has(visit.path)) continue;
    seen.add(visit.path);
    const { found, next } = checkFile(workspace, visit);
    findings.push(...found);
    queue.push(...next);
  }
  return findings;
}

function checkFile(workspace: Workspace, { path, chain }: Visit): { found: Finding[]; next: Visit[] } {
  const file = bind(path, readFileSync(join(workspace.root, path), "utf8"));
  const project = projectOf(workspace, path);
  const found = findImpureGlobals(file);
  const next: Visit[] = [];
  for (const site of readImports(file.source)) {
    if (site.specifier === undefined) {
      const message = "import() of a computed name can't be followed: import a literal";
      found.push({ rule: "dynamic-import", file: path, line: site.line, message });
      continue;
    }
    const to = resolve(workspace, path, site.specifier);
    found.push(...checkImport(file, project, site, to));
    if (site.typeOnly || (to.kind !== "file" && to.kind !== "workspace") || to.path === undefined) continue;
    next.push({ path: to.path, chain: [...chain, to.path] });
  }
  return { found: found.map((finding) => tellWay(finding, chain)), next };
}

/** A finding in another file than an entry says how it was reached. */
function tellWay(finding: Finding, chain: readonly string[]): Finding {
  if (chain.length < 2) return finding;
  return { ...finding, message: `${finding.message} (reached by ${chain.join(" -> ")})` };
}

function checkImport(file: BoundFile, project: Project, site: ImportSite, to: Resolution): Finding[] {
  const refuse = (message: string): Finding => {
    return { rule: "impure-import", file: file.source.fileName, line: site.line, message };
  };
  if (to.kind === "builtin") {
    return [
      refuse(`${to.name} is a built-in of Node: a pure lib runs anywhere, so leave it to an app or an impure lib`),
    ];
  }
  if (to.kind !== "external") return [];
  const allowed = purePackages.find((entry) => admits(entry, project, to));
  if (allowed === undefined) {
    const what = `"${site.specifier}" is not among the packages that pure code of ${project.name} may use`;
    return [refuse(`${what}: pass in what it gives, or list it in purePackages if it is pure`)];
  }
  if (site.typeOnly) return [];
  const { forbiddenNames, seeded = [] } = allowed;
  const unseeded = findUnseeded(file, seeded);
  if (forbiddenNames === undefined) return unseeded;
  const { pattern, reason } = forbiddenNames;
  const refused = site.names.filter((name) => name === "*" || name === "default" || pattern.test(name));
  return [...unseeded, ...refused.map((name) => refuse(`"${name}" of ${to.name} ${reason}`))];
}

function admits(
  entry: PurePackage,
  project: Project,
  to: { readonly name: string; readonly subpath: string },
): boolean {
  const { name, projects, subpaths } = entry;
  return name === to.name && (projects?.includes(project.name) ?? true) && (subpaths?.includes(to.subpath) ?? true);
}
