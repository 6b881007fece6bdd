import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findRepositoryRoot } from "@tidemark/cli";

export const repository = findRepositoryRoot(import.meta.url);

/**
 * The command that runs a file from source, as its project's target would, without Nx between. `preload` are modules that
 * are loaded before it.
 */
export function programOf(file: string, root = repository, preload: readonly string[] = []): string[] {
  const path = join(root, file);
  const imports = ["tsx", ...preload].flatMap((module) => ["--import", module]);
  return [process.execPath, ...nodeOptionsOf(path), "--conditions=@tidemark/source", ...imports, path];
}

/** A project may want options of Node for its main: `config.node` of its manifest. */
function nodeOptionsOf(path: string): string[] {
  const manifest = join(dirname(path), "../package.json");
  if (!existsSync(manifest) || !path.endsWith("main.ts")) return [];
  const { config } = JSON.parse(readFileSync(manifest, "utf8")) as { config?: { node?: string } };
  return config?.node?.split(" ") ?? [];
}
