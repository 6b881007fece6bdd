import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a directory, with its parents, where there is none. Rejects with the file system's own error. Node's `recursive` never
 * ends where a directory answers that it isn't there although it is, as /proc does.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !(await isDirectory(dirname(path)))) {
      await makeDirectory(dirname(path));
      await mkdir(path);
    } else if (code === "ENOENT" || !(await isDirectory(path))) {
      throw error;
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
