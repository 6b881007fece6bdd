import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { OutputError } from "./errors.js";

/** A file that has its name only once it is complete. */
export interface PartialFile {
  readonly handle: FileHandle;
  /** Gives it its name, in place of a file that had it. */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** Opens `PATH.PID.partial`; `target` is what to call it in an error. */
export async function createPartialFile(path: string, target: string): Promise<PartialFile> {
  const partial = `${path}.${process.pid}.partial`;
  const handle = await open(partial, "wx").catch((error: unknown) => {
    throw new OutputError(target, 2, error);
  });
  return {
    handle,
    async commit() {
      try {
        await handle.close();
        await rename(partial, path);
      } catch (error) {
        throw new OutputError(target, 1, error);
      }
    },
    async discard() {
      await handle.close().catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}
