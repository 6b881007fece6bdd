/** Where an import leads: a file, a package of the workspace, a built-in of Node, or a third-party package. */
import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, posix } from "node:path";
import { projectOf } from "./source-files.js";
import type { Project, Workspace } from "./workspace.js";

export type Resolution =
  | { readonly kind: "file"; readonly path: string; readonly project: Project }
  | {
      readonly kind: "workspace";
      readonly project: Project;
      readonly subpath: string;
      readonly path: string | undefined;
    }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "external"; readonly name: string; readonly subpath: string }
  | { readonly kind: "missing" };

/** `path` is the importing file's, from the workspace root. Workspace packages resolve by their `@tidemark/source` exports. */
export function resolve(workspace: Workspace, path: string, specifier: string): Resolution {
  if (specifier.startsWith(".")) return resolveRelative(workspace, path, specifier);
  if (isBuiltin(specifier)) return { kind: "builtin", name: specifier };
  const { name, subpath } = splitSpecifier(specifier);
  const project = workspace.projects.find(({ packageName }) => packageName === name);
  if (project === undefined) return { kind: "external", name, subpath };
  return { kind: "workspace", project, subpath, path: project.sources.get(subpath === "." ? "." : `./${subpath}`) };
}

function resolveRelative(workspace: Workspace, path: string, specifier: string): Resolution {
  const target = posix.join(posix.dirname(path), specifier);
  const candidates = [target.replace(/\.([mc]?)js$/, ".$1ts"), target, `${target}.ts`, `${target}/index.ts`];
  const found = candidates.find((candidate) => /\.\w+$/.test(candidate) && existsSync(join(workspace.root, candidate)));
  return found === undefined
    ? { kind: "missing" }
    : { kind: "file", path: found, project: projectOf(workspace, found) };
}

/** `@scope/name/a/b` gives the name `@scope/name` and the subpath `a/b`; with no subpath it is `.`. */
function splitSpecifier(specifier: string): { name: string; subpath: string } {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return { name: parts.slice(0, length).join("/"), subpath: parts.slice(length).join("/") || "." };
}
