import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory that is removed after the test. */
export async function temporaryDirectory(name = "test"): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `tidemark-${name}-`)));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
