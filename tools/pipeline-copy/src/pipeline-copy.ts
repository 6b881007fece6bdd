import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A change in one place of the pipeline's source. */
export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** What has to be there, exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The consumer, all libs and what else was asked for on disk, so that they can be changed and nobody else notices. */
export interface PipelineCopy {
  /** Where the copy lies, and what it runs with may lie too. */
  readonly root: string;
  /** Changes the source for as long as `work` takes. Throws where a line to change is there no more, or several times. */
  withEdits<T>(edits: readonly Edit[], work: () => Promise<T>): Promise<T>;
  /** A file of the source as it is now. */
  read(file: string): Promise<string>;
  /** The command that runs the copy's consumer from its source. */
  readonly fromSource: readonly [string, ...string[]];
  /** The command that runs the main of another copied project from its source. */
  mainOf(project: string): readonly [string, ...string[]];
  /** Compiles the source as it is now. Returns the command that runs the compiled consumer until the next build. */
  build(): Promise<readonly [string, ...string[]]>;
  remove(): Promise<void>;
}

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const consumer = "apps/consumer";
const execute = promisify(execFile);

/** By nx.json the consumer knows where the repository begins. */
const rootFiles = ["nx.json", "package.json", "tsconfig.base.json"];
const notCopied = new Set(["node_modules", "dist", "test", "test-results", "bench"]);

/** `more` are further projects, such as `tools/verify`. */
export async function copyPipeline(more: readonly string[] = []): Promise<PipelineCopy> {
  const root = await mkdtemp(join(tmpdir(), "tidemark-copy-"));
  await chmod(root, 0o755);
  for (const file of rootFiles) await cp(join(repository, file), join(root, file));
  // What is left behind of a lib that is no more has no package.json.
  const libs = (await readdir(join(repository, "libs"))).filter((lib) =>
    existsSync(join(repository, "libs", lib, "package.json")),
  );
  await linkPackages("", root);
  for (const project of [consumer, ...more, ...libs.map((lib) => `libs/${lib}`)]) {
    await cp(join(repository, project), join(root, project), {
      recursive: true,
      filter: (source) => !notCopied.has(basename(source)),
    });
    await linkPackages(project, root);
    const { name } = await readManifest(join(root, project));
    await link(join(root, project), join(root, "node_modules", name));
  }
  const { config } = await readManifest(join(root, consumer));
  const node = [process.execPath, ...(config?.node?.split(" ") ?? [])] as [string, ...string[]];
  const fromSource = ["--conditions=@tidemark/source", "--import", "tsx"];
  const mainOf = (project: string) => join(root, project, "src/main.ts");
  const read = (file: string) => readFile(join(root, file), "utf8");

  return {
    root,
    read,
    async withEdits(edits, work) {
      const sound = new Map<string, string>();
      try {
        for (const edit of edits) {
          const text = await read(edit.file);
          if (!sound.has(edit.file)) sound.set(edit.file, text);
          await writeFile(join(root, edit.file), change(text, edit));
        }
        return await work();
      } finally {
        for (const [file, text] of sound) await writeFile(join(root, file), text);
      }
    },
    fromSource: [...node, ...fromSource, mainOf(consumer)],
    mainOf: (project) => [process.execPath, ...fromSource, mainOf(project)],
    async build() {
      const tsc = join(repository, "node_modules/typescript-7/bin/tsc");
      await execute(process.execPath, [tsc, "-b", join(root, consumer, "tsconfig.build.json")]);
      return [...node, join(root, consumer, "dist/main.js")];
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function change(text: string, { file, find, replace }: Edit): string {
  const times = text.split(find).length - 1;
  if (times !== 1)
    throw new Error(`${file} has this ${times} times, and can be changed only where it is once: ${find}`);
  return text.replace(find, () => replace);
}

interface Manifest {
  readonly name: string;
  readonly config?: { readonly node?: string };
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
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
