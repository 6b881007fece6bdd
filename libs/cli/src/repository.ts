import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AddressError } from "./errors.js";

/** The nearest directory above the file (a path or a `file:` URL) that holds nx.json. Throws `no-repository`. */
export function findRepositoryRoot(file: string): string {
  const start = file.startsWith("file:") ? fileURLToPath(file) : resolve(file);
  for (let directory = dirname(start); ; directory = dirname(directory)) {
    if (existsSync(join(directory, "nx.json"))) return directory;
    if (directory === dirname(directory)) {
      throw new AddressError("no-repository", `no directory above ${start} holds nx.json.`);
    }
  }
}

/**
 * The directory of data and stack.json: TIDEMARK_DIR, else `.tidemark`, both seen from the repository's root, so that
 * it is the same from wherever a command is started.
 */
export function resolveTidemarkDir(tidemarkDir: string | undefined, root: string): string {
  const wanted = tidemarkDir?.trim() ?? "";
  return resolve(root, wanted === "" ? ".tidemark" : wanted);
}
