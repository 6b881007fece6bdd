import { open, realpath, stat } from "node:fs/promises";
import { Writable } from "node:stream";
import { codeOf, OutputError } from "./errors.js";
import { createPartialFile } from "./partial-file.js";

/** Where the stream goes. */
export interface Output {
  /** What to call it in an error. */
  readonly target: string;
  readonly stream: Writable;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export const STANDARD_OUTPUT = "Standard output";

/** Standard output is left open; each write waits until it took the one before. */
export function createStandardOutput(stdout: Writable): Output {
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Uint8Array, _encoding, done) => void stdout.write(chunk, done),
  });
  return { target: STANDARD_OUTPUT, stream, commit: async () => undefined, discard: async () => undefined };
}

/**
 * A file that appears when it is complete. What is there and no ordinary file (a pipe, a device) is written to as it is;
 * a link's file is replaced, not the link.
 */
export async function openOutput(path: string): Promise<Output> {
  const target = `--out=${path}`;
  try {
    const found = await stat(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (found === undefined || found.isFile()) {
      const file = await createPartialFile(found === undefined ? path : await realpath(path), target);
      return { target, stream: file.handle.createWriteStream(), commit: file.commit, discard: file.discard };
    }
    const handle = await open(path, "w");
    const discard = () => handle.close().catch(() => undefined);
    return { target, stream: handle.createWriteStream(), commit: async () => undefined, discard };
  } catch (error) {
    throw error instanceof OutputError ? error : new OutputError(target, 2, error);
  }
}
