/** Finds the source text that planted mistakes and benchmarks replace, from the edits themselves. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface PinnedText extends Edit {
  /** The module that exports the edit, from the repository's root. */
  readonly plantedIn: string;
}

/** The TypeScript files that import from tools/pipeline-copy and hold the text of an edit, from the repository's root. */
export function findEditModules(repository: string): string[] {
  return ["apps", "libs", "tools"]
    .flatMap((folder) => readdirSync(join(repository, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((file) => !/(^|\/)(node_modules|dist)\/|^tools\/pipeline-copy\//.test(file))
    .filter((file) => {
      const text = readFileSync(join(repository, file), "utf8");
      return /from "@tidemark\/pipeline-copy"/.test(text) && /\bfind:/.test(text);
    })
    .sort();
}

/** The edits among everything that a module exports. */
export async function readPinnedText(repository: string, plantedIn: string): Promise<PinnedText[]> {
  const exported: unknown = await import(pathToFileURL(join(repository, plantedIn)).href);
  return editsIn({ ...(exported as object) }).map((edit) => ({ ...edit, plantedIn }));
}

function editsIn(value: unknown): Edit[] {
  if (typeof value !== "object" || value === null) return [];
  const { file, find, replace } = value as Partial<Edit>;
  if (file !== undefined && find !== undefined && replace !== undefined) return [{ file, find, replace }];
  return Object.values(value).flatMap(editsIn);
}

/** A table in Markdown: for each pinned file how many of its texts are pinned, and by which modules. */
export function formatPinnedFiles(pinned: readonly PinnedText[]): string {
  const files = [...new Set(pinned.map(({ file }) => file))].sort();
  const rows = files.map((file) => {
    const ofFile = pinned.filter((one) => one.file === file);
    const texts = new Set(ofFile.map(({ find }) => find)).size;
    const modules = [...new Set(ofFile.map(({ plantedIn }) => plantedIn))].sort();
    return `| \`${file}\` | ${texts} | ${modules.map((name) => `\`${name}\``).join(", ")} |`;
  });
  return ["| file | texts | replaced by |", "|---|---|---|", ...rows].join("\n");
}
