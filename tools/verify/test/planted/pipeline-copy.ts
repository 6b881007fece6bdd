import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fromSource } from "../servers.js";

/** A mistake in one place of the pipeline's source. */
export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** What has to be there, exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The consumer and all libs on disk, so that mistakes can be made in them and nobody else is harmed. */
export interface PipelineCopy {
  /** Makes the mistake for as long as `work` takes. Throws where there is no such line any more, or several. */
  withMistake<T>(edit: Edit, work: () => Promise<T>): Promise<T>;
  read(file: string): Promise<string>;
  /** Runs the copy's consumer until it has caught up. Rejects, with what it said, where it fails or never does. */
  consume(env: Readonly<Record<string, string>>): Promise<void>;
  remove(): Promise<void>;
}

const repository = fileURLToPath(new URL("../../../..", import.meta.url));
const execute = promisify(execFile);
/** A mistake may keep a consumer from ever catching up. */
const longestRunMs = 120_000;

/** By nx.json the consumer knows where the repository begins. */
const rootFiles = ["nx.json", "package.json", "tsconfig.base.json"];
const notCopied = new Set(["node_modules", "dist", "test", "test-results", "bench"]);

export async function copyPipeline(): Promise<PipelineCopy> {
  const root = await mkdtemp(join(tmpdir(), "tidemark-planted-"));
  await chmod(root, 0o755);
  for (const file of rootFiles) await cp(join(repository, file), join(root, file));
  // What is left behind of a lib that is no more has no package.json.
  const libs = (await readdir(join(repository, "libs"))).filter((lib) =>
    existsSync(join(repository, "libs", lib, "package.json")),
  );
  await linkPackages("", root);
  for (const project of ["apps/consumer", ...libs.map((lib) => `libs/${lib}`)]) {
    await cp(join(repository, project), join(root, project), {
      recursive: true,
      filter: (source) => !notCopied.has(basename(source)),
    });
    await linkPackages(project, root);
    const { name } = JSON.parse(await readFile(join(root, project, "package.json"), "utf8")) as { name: string };
    await link(join(root, project), join(root, "node_modules", name));
  }

  const read = (file: string) => readFile(join(root, file), "utf8");

  return {
    read,
    async withMistake({ file, find, replace }, work) {
      const sound = await read(file);
      const times = sound.split(find).length - 1;
      if (times !== 1) {
        throw new Error(`${file} has this ${times} times, and a mistake can only be made where it is once: ${find}`);
      }
      await writeFile(
        join(root, file),
        sound.replace(find, () => replace),
      );
      try {
        return await work();
      } finally {
        await writeFile(join(root, file), sound);
      }
    },
    async consume(env) {
      const main = join(root, "apps/consumer/src/main.ts");
      await execute(process.execPath, [...fromSource, main, "--until-caught-up", "--json"], {
        env: { ...process.env, TIDEMARK_DIR: join(root, ".tidemark"), ...env },
        timeout: longestRunMs,
        killSignal: "SIGKILL",
      });
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Links what a project of the repository has installed, but for the workspace's own packages. */
async function linkPackages(project: string, root: string): Promise<void> {
  const installed = join(repository, project, "node_modules");
  const names = await readdir(installed).catch(() => []);
  for (const name of names) {
    if (name.startsWith(".") || name === "@tidemark") continue;
    const inner = name.startsWith("@") ? await readdir(join(installed, name)) : [""];
    for (const one of inner) await link(join(installed, name, one), join(root, project, "node_modules", name, one));
  }
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
