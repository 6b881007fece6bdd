import { expect, test } from "vitest";
import { startRealKafka } from "../src/index.js";
import { findJava, majorOf } from "../src/java.js";
import { pathWith, temporaryDirectory } from "./workspace.js";

/** As Java does, on standard error. */
const javaOf = (version: string): string => `echo 'openjdk version "${version}" 2025-04-15' >&2`;

test.each([
  ["17.0.15", 17],
  ["21-ea", 21],
  ["25", 25],
  ["1.8.0_452", 8],
  ["", undefined],
])("Java %j is %s", (version, major) => {
  expect(majorOf(version)).toBe(major);
});

test.each(["17.0.15", "21-ea", "no number"])("Java %s will do", async (version) => {
  await expect(findJava(pathWith({ java: javaOf(version) }))).resolves.toBe("java");
});

test("what JAVA_OPTIONS make it print before does not matter", async () => {
  const java = `echo "Picked up JAVA_TOOL_OPTIONS: -Xmx1g" >&2\n${javaOf("11.0.2")}`;
  await expect(findJava(pathWith({ java }))).rejects.toMatchObject({ code: "java-too-old" });
});

test("a Java that is too old is refused before anything is made or downloaded, in one sentence", async () => {
  const env = pathWith({ java: javaOf("11.0.27"), mvn: "exit 1" });
  const started = startRealKafka({ dataDir: temporaryDirectory(), cacheDir: temporaryDirectory(), env });
  await expect(started).rejects.toMatchObject({
    code: "java-too-old",
    message:
      "Kafka needs Java 17 or newer, and java is 11.0.27: install Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless), then try again.",
  });
});

test("where there is no Java, it says so in one sentence", async () => {
  await expect(findJava(pathWith({}))).rejects.toMatchObject({
    code: "no-java",
    message: expect.stringMatching(/^Java does not run \(it is not on the PATH\): install Java 17 or newer [^.]*\.$/),
  });
});

test("JAVA_HOME goes before the PATH", async () => {
  const env = { ...pathWith({ java: javaOf("17.0.15") }), JAVA_HOME: "/nowhere" };
  await expect(findJava(env)).rejects.toMatchObject({
    code: "no-java",
    message: expect.stringContaining("JAVA_HOME is /nowhere"),
  });
});
