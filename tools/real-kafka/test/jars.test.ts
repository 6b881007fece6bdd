import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureJars } from "../src/jars.js";
import { pathWith, temporaryDirectory } from "./workspace.js";

/** Stands in for Maven: puts a jar, which tells who made it, where it is asked to. */
const maven = `
for option in "$@"; do
  case "$option" in -DoutputDirectory=*) output=\${option#*=} ;; esac
done
/bin/mkdir -p "$output"
echo $$ >"$output/kafka.jar"
`;

const silent = (): void => undefined;
const fill = (cacheDir: string, mvn: string, signal?: AbortSignal) =>
  ensureJars({ cacheDir, env: pathWith({ mvn }), say: silent, signal });

test("an empty cache is filled once, and then needs no Maven", async () => {
  const cacheDir = join(temporaryDirectory(), "not", "there", "yet");
  const said: string[] = [];
  const jars = await ensureJars({ cacheDir, env: pathWith({ mvn: maven }), say: (line) => said.push(line) });
  expect(readdirSync(jars)).toEqual(["kafka.jar"]);
  expect(said).toEqual([expect.stringMatching(/^downloading Kafka 4\.\d+\.\d+ from Maven Central .* to .*kafka-4/)]);
  await expect(ensureJars({ cacheDir, env: pathWith({}), say: (line) => said.push(line) })).resolves.toBe(jars);
  expect(said).toHaveLength(1);
  expect(readdirSync(cacheDir)).toHaveLength(1);
});

test("of two that fill it at once, both get the same jars", async () => {
  const cacheDir = temporaryDirectory();
  const meeting = temporaryDirectory();
  // Each waits inside its download until the other is in its own.
  const meet = `echo >"${meeting}/$$"; while [ $(/bin/ls "${meeting}" | /usr/bin/wc -l) -lt 2 ]; do /bin/sleep 0.05; done`;
  const both = await Promise.all([fill(cacheDir, meet + maven), fill(cacheDir, meet + maven)]);
  expect(new Set(both).size).toBe(1);
  expect(readdirSync(both[0])).toEqual(["kafka.jar"]);
  expect(readdirSync(meeting)).toContain(readFileSync(join(both[0], "kafka.jar"), "utf8").trim());
  expect(readdirSync(cacheDir)).toHaveLength(1);
});

test("a download that was broken off leaves nothing, and the next one does it all", async () => {
  const cacheDir = temporaryDirectory();
  await expect(fill(cacheDir, `${maven}\nexit 1`)).rejects.toMatchObject({ code: "download-failed" });
  expect(readdirSync(cacheDir)).toEqual([]);
  expect(readdirSync(await fill(cacheDir, maven))).toEqual(["kafka.jar"]);
});

test("what a killed filler left is removed by the next one, and what a living one has is not", async () => {
  const cacheDir = temporaryDirectory();
  const left = join(cacheDir, ".kafka-4.4.0-01234567.2147483646-89abcdef");
  const busy = join(cacheDir, `.kafka-4.4.0-01234567.${process.pid}-89abcdef`);
  for (const folder of [left, busy]) mkdirSync(folder);
  await fill(cacheDir, maven);
  expect([existsSync(left), existsSync(busy)]).toEqual([false, true]);
});

test("a download ends when it is told to", async () => {
  const stop = new AbortController();
  const cacheDir = temporaryDirectory();
  const begun = join(temporaryDirectory(), "begun");
  const filling = fill(cacheDir, `echo >"${begun}"; exec /bin/sleep 600`, stop.signal);
  await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
  stop.abort();
  await expect(filling).rejects.toMatchObject({ code: "stopped" });
  expect(readdirSync(cacheDir)).toEqual([]);
});

test("where there is no Maven, it says so in one sentence", async () => {
  const filling = ensureJars({ cacheDir: temporaryDirectory(), env: pathWith({}), say: silent });
  await expect(filling).rejects.toMatchObject({
    code: "no-maven",
    message: expect.stringMatching(/^Maven \(mvn\) is not on the PATH, .*: install it [^.]*, then try again\.$/),
  });
});

test.each([
  [
    "no network",
    "[ERROR] Plugin x or one of its dependencies could not be resolved: Could not transfer artifact x from/to central (https://repo.maven.apache.org/maven2): repo.maven.apache.org: Temporary failure in name resolution",
    "no-network",
    "Maven Central cannot be reached (repo.maven.apache.org: Temporary failure in name resolution): ",
  ],
  [
    "an unknown host",
    "[ERROR] Could not transfer artifact x from/to central: Unknown host repo.maven.apache.org -> [Help 1]",
    "no-network",
    "Maven Central cannot be reached (Unknown host repo.maven.apache.org): ",
  ],
  [
    "a closed door",
    "[FATAL] Non-resolvable parent POM: Connect to repo.maven.apache.org:443 failed: Connection refused",
    "no-network",
    "Maven Central cannot be reached (Connection refused): ",
  ],
  ["a full disk", "[ERROR] java.io.IOException: No space left on device", "disk-full", "The disk is full: "],
  [
    "anything else",
    "[INFO] Scanning\n[ERROR] Checksum validation failed\n[ERROR] more",
    "download-failed",
    "Maven could not get Kafka's jars: Checksum validation failed",
  ],
])("%s is told in one sentence", async (_, printed, code, message) => {
  const mvn = `echo '${printed.replaceAll("\n", "'; echo '")}'; exit 1`;
  const failure = await fill(temporaryDirectory(), mvn).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
  expect((failure as Error).message).not.toContain("\n");
});

test("a cache folder that cannot be one is refused", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  await expect(fill(file, maven)).rejects.toMatchObject({
    code: "unusable-directory",
    message: expect.stringContaining(file),
  });
});
