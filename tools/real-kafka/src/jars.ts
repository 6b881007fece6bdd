import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isProcessAlive } from "@tidemark/cli";
import { explainMaven, RealKafkaError } from "./errors.js";

const pom = fileURLToPath(new URL("../pom.xml", import.meta.url));

export interface JarsOptions {
  /** Holds one folder of jars for each pom.xml that there was. Made when missing. */
  readonly cacheDir: string;
  /** Of Maven: PATH, JAVA_HOME, MAVEN_OPTS and whatever else it reads. */
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Ends a download. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The folder with the jars of Kafka and of all that it needs; filled from Maven Central where it is missing.
 *
 * It appears whole or not at all: it is made beside its place and renamed. Of two fillers at once, the slower one takes
 * what the faster one made. Maven keeps what it downloads in there too, and nothing in its own repository, which is not
 * made for several at once. Throws `no-maven`, `no-network`, `download-failed`, `disk-full`, `unusable-directory`, `stopped`.
 */
export async function ensureJars({ cacheDir, env, say, signal }: JarsOptions): Promise<string> {
  const text = await readFile(pom, "utf8");
  const version = /<kafka\.version>(.*)<\/kafka\.version>/.exec(text)?.[1] ?? "";
  const name = `kafka-${version}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  const jars = join(cacheDir, name);
  if (await isDirectory(jars)) return jars;
  const workshop = join(cacheDir, `.${name}.${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(workshop, { recursive: true });
    await removeLeftBehind(cacheDir);
    say(`downloading Kafka ${version} from Maven Central (some 65 MB) to ${jars}`);
    await runMaven(workshop, env, signal);
    await rename(join(workshop, "jars"), jars).catch(async (error: unknown) => {
      if (!(await isDirectory(jars))) throw error;
    });
  } catch (cause) {
    if (cause instanceof RealKafkaError) throw cause;
    throw new RealKafkaError(
      "unusable-directory",
      `${cacheDir} cannot hold Kafka's jars (${cause instanceof Error ? cause.message : String(cause)}): give another cache folder.`,
      { cause },
    );
  } finally {
    // Nothing is there where it could not be made.
    await rm(workshop, { recursive: true, force: true }).catch(() => undefined);
  }
  return jars;
}

function runMaven(workshop: string, env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    "--batch-mode",
    "--no-transfer-progress",
    "--strict-checksums",
    "-Dstyle.color=never",
    `--file=${pom}`,
    `-Dmaven.repo.local=${join(workshop, "repository")}`,
    `-DoutputDirectory=${join(workshop, "jars")}`,
    "-DincludeScope=runtime",
    "dependency:copy-dependencies",
  ];
  const options = { env, maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    execFile("mvn", args, options, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if (signal?.aborted) reject(new RealKafkaError("stopped", "Stopped while Kafka's jars were downloaded."));
      else if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        reject(
          new RealKafkaError(
            "no-maven",
            "Maven (mvn) is not on the PATH, and there are no jars of Kafka yet: install it (on Debian: apt-get install maven), then try again.",
            { cause: error },
          ),
        );
      } else reject(explainMaven(stdout + stderr, error));
    });
  });
}

/** Removes what fillers left that were killed. */
async function removeLeftBehind(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const [, pid] = /^\.kafka-.*\.(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
