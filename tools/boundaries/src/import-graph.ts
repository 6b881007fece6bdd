/** Every import of the workspace with the file it stands in and where it leads. */
import { parse, readImports, type ImportSite } from "./imports.js";
import { resolve, type Resolution } from "./resolution.js";
import { listSourceFiles, type SourceFile } from "./source-files.js";
import type { Project, Workspace } from "./workspace.js";

export interface Import {
  readonly file: SourceFile;
  readonly site: ImportSite;
  readonly to: Resolution;
}

export function readImportGraph(workspace: Workspace): Import[] {
  return listSourceFiles(workspace).flatMap((file) =>
    readImports(parse(file.path, file.text)).map((site) => ({
      file,
      site,
      to: site.specifier === undefined ? { kind: "missing" } : resolve(workspace, file.path, site.specifier),
    })),
  );
}

/** The other project that an import leads to, if it does. */
export function otherProject({ file, to }: Import): Project | undefined {
  if (to.kind !== "workspace" && to.kind !== "file") return undefined;
  return to.project === file.project ? undefined : to.project;
}
