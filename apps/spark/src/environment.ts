import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isProcessAlive } from "@tidemark/cli";
import { SparkError } from "./errors.js";
import { findJava, findPython } from "./programs.js";

const packageFolder = fileURLToPath(new URL("../python/", import.meta.url));

/** Python with PySpark and the job's other requirements, and the jars of Spark's Kafka source. */
export interface SparkEnvironment {
  readonly python: string;
  readonly jars: readonly string[];
}

export interface EnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** Ends an installation. */
  readonly signal?: AbortSignal;
  /** Holds one folder for each list of requirements; default: `tidemark` in the user's cache. */
  readonly cacheDir?: string;
}

/**
 * Finds the environment, or installs it from the pinned lists: requirements.txt from PyPI, ivy.xml from Maven Central. It
 * appears whole or not at all: it is made beside its place and renamed. Of two at once, the slower takes what the faster made.
 *
 * Throws SparkError `no-java`, `no-python`, and `no-environment` where it cannot be installed.
 */
export async function ensureEnvironment({ env, say, signal, cacheDir }: EnvironmentOptions): Promise<SparkEnvironment> {
  const java = await findJava(env);
  const python = await findPython(env);
  const cache = cacheDir ?? join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tidemark");
  const lists = await Promise.all(
    ["requirements.txt", "ivy.xml"].map((name) => readFile(packageFolder + name, "utf8")),
  );
  const digest = createHash("sha256").update(lists.join("\0")).digest("hex").slice(0, 8);
  const name = `spark-python${python.version}-${digest}`;
  const place = join(cache, name);
  if (!(await exists(place))) {
    const workshop = join(cache, `.${name}.${process.pid}-${randomBytes(4).toString("hex")}`);
    try {
      await removeLeftBehind(cache);
      await mkdir(workshop, { recursive: true });
      say(`installing PySpark and Spark's Kafka source to ${place}, once (some 500 MB from PyPI and Maven Central)`);
      await install(workshop, { java, python: python.command, env, signal });
      await rename(workshop, place).catch(async (error: unknown) => {
        if (!(await exists(place))) throw error;
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const reason = lastLine(cause);
      throw new SparkError("no-environment", `The requirements of the Spark job cannot be installed (${reason}).`, {
        cause,
      });
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }
  const jars = (await readdir(join(place, "jars"))).sort().map((jar) => join(place, "jars", jar));
  return { python: join(place, "venv", "bin", "python"), jars };
}

interface Tools {
  readonly java: string;
  readonly python: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal | undefined;
}

async function install(workshop: string, { java, python, env, signal }: Tools): Promise<void> {
  const run = (command: string, args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { env, maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) };
      execFile(command, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command}: ${lastLine(stderr + stdout) || error.message}`, { cause: error }));
      });
    });
  const venv = join(workshop, "venv");
  await run(python, ["-m", "venv", venv]);
  const own = join(venv, "bin", "python");
  await run(own, ["-m", "pip", "install", "--quiet", "--no-input", "-r", `${packageFolder}requirements.txt`]);
  const spark = (await run(own, ["-c", "import pyspark; print(pyspark.__path__[0])"])).trim();
  // PySpark's package brings Ivy, by which `--packages` of spark-submit finds jars too.
  const ivy = (await readdir(join(spark, "jars"))).find((jar) => /^ivy-.*\.jar$/.test(jar)) ?? "ivy.jar";
  await run(java, [
    `-Divy.default.ivy.user.dir=${join(workshop, "ivy")}`,
    "-jar",
    join(spark, "jars", ivy),
    "-ivy",
    `${packageFolder}ivy.xml`,
    "-confs",
    "default",
    "-retrieve",
    join(workshop, "jars", "[artifact]-[revision].[ext]"),
    "-warn",
  ]);
  await rm(join(workshop, "ivy"), { recursive: true, force: true });
}

function lastLine(output: unknown): string {
  const text = output instanceof Error ? output.message : String(output);
  return text.trim().split("\n").at(-1) ?? "";
}

/** Removes what installers left that were killed. */
async function removeLeftBehind(cache: string): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    const [, pid] = /^\.spark-.*\.(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      await rm(join(cache, name), { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
