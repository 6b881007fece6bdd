import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { RealKafkaError } from "./errors.js";

const run = promisify(execFile);

/** The oldest that a Kafka 4 broker runs on. */
const oldestMajor = 17;
const advice = `install Java ${oldestMajor} or newer (on Debian: apt-get install openjdk-17-jre-headless)`;

/**
 * The command that runs Java: JAVA_HOME's, else the one on the PATH of `env`. Throws `no-java` and `java-too-old`.
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const home = env["JAVA_HOME"] ?? "";
  const command = home === "" ? "java" : join(home, "bin", "java");
  const printed = await run(command, ["-version"], { env }).catch((cause: unknown) => {
    const where = home === "" ? "it is not on the PATH" : `JAVA_HOME is ${home}`;
    throw new RealKafkaError("no-java", `Java does not run (${where}): ${advice}, then try again.`, { cause });
  });
  const [, version] = /\bversion "([^"]+)"/.exec(printed.stderr + printed.stdout) ?? [];
  const major = majorOf(version ?? "");
  if (major === undefined || major >= oldestMajor) return command;
  throw new RealKafkaError(
    "java-too-old",
    `Kafka needs Java ${oldestMajor} or newer, and ${command} is ${version}: ${advice}, then try again.`,
  );
}

/** `17.0.15` is 17, `1.8.0_452` is 8, `21-ea` is 21; undefined where it cannot be told. */
export function majorOf(version: string): number | undefined {
  const [, major] = /^(?:1\.)?(\d+)/.exec(version) ?? [];
  return major === undefined ? undefined : Number(major);
}
