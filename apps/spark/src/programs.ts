import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { SparkError } from "./errors.js";

const run = promisify(execFile);

type Environment = Readonly<Record<string, string | undefined>>;

const OLDEST_JAVA = 17;
const OLDEST_PYTHON = 11;
const PYTHONS = ["python3", "python3.13", "python3.12", "python3.11"];

/** The command that runs Java: JAVA_HOME's, else the one on the PATH. Throws `no-java`. */
export async function findJava(env: Environment): Promise<string> {
  const home = env["JAVA_HOME"] ?? "";
  const command = home === "" ? "java" : join(home, "bin", "java");
  const printed = await run(command, ["-version"], { env }).catch(() => undefined);
  const [, version] = /\bversion "(?:1\.)?(\d+)/.exec(`${printed?.stderr}${printed?.stdout}`) ?? [];
  if (Number(version) >= OLDEST_JAVA) return command;
  const found = version === undefined ? `${command} does not run` : `${command} is Java ${version}`;
  throw new SparkError(
    "no-java",
    `Spark needs Java ${OLDEST_JAVA} or newer, and ${found}: install it (on Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME.`,
  );
}

/** A Python from the PATH that can make virtual environments, and its version. Throws `no-python`. */
export async function findPython(env: Environment): Promise<{ readonly command: string; readonly version: string }> {
  const ask = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  let reason = "there is none on the PATH";
  for (const command of PYTHONS) {
    const found = await run(command, ["-c", ask], { env }).catch((error: unknown) => error);
    if (found instanceof Error) {
      if (found.message.includes("ensurepip") || found.message.includes("venv")) {
        reason = `${command} cannot make virtual environments`;
      }
      continue;
    }
    const version = (found as { stdout: string }).stdout.trim();
    const [major, minor] = version.split(".").map(Number);
    if (major === 3 && minor !== undefined && minor >= OLDEST_PYTHON) return { command, version };
    reason = `${command} is Python ${version}`;
  }
  throw new SparkError(
    "no-python",
    `The Spark job needs Python 3.${OLDEST_PYTHON} or newer, and ${reason}: install it (on Debian: apt-get install python3 python3-venv).`,
  );
}
