import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, OutputError } from "./errors.js";
import { CHUNK_BYTES, createLines } from "./lines.js";
import { createPartialFile, type PartialFile } from "./partial-file.js";
import { type TableName, tableNames } from "./tables.js";

/** The tables as files of a directory: none has its name before all are complete. */
export interface AnswersFolder {
  /** Keeps a row until the next `flush`. */
  add(table: TableName, row: object): void;
  /** Writes what has gathered; unless `all`, only of those tables where it is worth it. */
  flush(all?: boolean): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Makes the directory where it is missing, but not the one that it would be in. */
export async function createAnswersFolder(directory: string): Promise<AnswersFolder> {
  const target = `--answers=${directory}`;
  const isNew = await make(directory, target);
  const tables = tableNames.map((name) => ({ name, path: join(directory, `${name}.ndjson`), lines: createLines() }));
  const linesOf = new Map(tables.map(({ name, lines }) => [name, lines]));
  const files: PartialFile[] = [];

  async function discard(): Promise<void> {
    for (const file of files) await file.discard();
    // Whoever has put something in meanwhile keeps it.
    if (isNew) await rmdir(directory).catch(() => undefined);
  }

  try {
    for (const { path } of tables) files.push(await createPartialFile(path, target));
  } catch (error) {
    await discard();
    throw error;
  }

  return {
    add: (table, row) => linesOf.get(table)?.addText(JSON.stringify(row)),
    async flush(all = false) {
      try {
        for (const [at, { lines }] of tables.entries()) {
          if (lines.size >= (all ? 1 : CHUNK_BYTES)) await files[at]?.handle.appendFile(lines.take());
        }
      } catch (error) {
        throw new OutputError(target, 1, error);
      }
    },
    async commit() {
      // Those of an earlier run are complete no longer, from the first file on that is replaced.
      await rm(join(directory, "checkpoints.ndjson"), { force: true });
      for (const file of files) await file.commit();
    },
    discard,
  };
}

/** Whether it had to be made. */
async function make(directory: string, target: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new OutputError(target, 2, error);
  }
}
