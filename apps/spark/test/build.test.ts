import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { socmed } from "@tidemark/socmed";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../src/build.js";
import { findJava, findPython } from "../src/programs.js";
import { buildWheel } from "../src/wheel.js";

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidemark-spark-build-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("what spark-submit needs", () => {
  it("is the same bytes for the same definition, each file", async () => {
    const digests = async () => {
      const paths = await build(socmed, folder);
      const digest = async (path: string) =>
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex");
      return Promise.all(paths.map(async (path) => [basename(path), await digest(path)]));
    };
    const once = await digests();
    expect(once.map(([name]) => name)).toEqual([
      "job.json",
      "tidemark_spark-0.1.0-py3-none-any.whl",
      "tidemark_spark-0.1.0.zip",
      "requirements.txt",
      "run.py",
      "submit.sh",
    ]);
    expect(await digests()).toEqual(once);
  });

  it("has a wheel whose record names each file with its digest", async () => {
    const files = unzipSync((await buildWheel()).bytes);
    const record = new TextDecoder().decode(files["tidemark_spark-0.1.0.dist-info/RECORD"]);
    const lines = record.trim().split("\n");
    expect(lines.map((line) => line.split(",")[0])).toEqual(Object.keys(files));
    const driver = createHash("sha256")
      .update(files["tidemark_spark/driver.py"] as Uint8Array)
      .digest("base64url");
    expect(record).toContain(`tidemark_spark/driver.py,sha256=${driver},`);
    expect(new TextDecoder().decode(files["tidemark_spark-0.1.0.dist-info/METADATA"])).toMatch(
      /^Requires-Dist: psycopg\[binary\]/m,
    );
  });

  it("has a script that passes options before -- to spark-submit, and those behind it to the job", async () => {
    const paths = await build(socmed, folder);
    const script = paths.find((path) => path.endsWith("submit.sh")) ?? "";
    const env = { ...process.env, SPARK_SUBMIT: "echo", KAFKA_BROKERS: "k:9092", DATABASE_URL: "postgresql://h/d" };
    const { stdout } = await run(script, ["--master", "spark://m:7077", "--", "--until-caught-up"], { env });
    expect(stdout).toMatch(
      /--py-files tidemark_spark-0\.1\.0\.zip .*--master spark:\/\/m:7077 run\.py job\.json --until-caught-up\n$/,
    );
    const without = run(script, [], { env: { ...env, KAFKA_BROKERS: undefined } });
    await expect(without).rejects.toThrow("KAFKA_BROKERS: is not set");
  });
});

describe("what is missing on this machine is told in one sentence", () => {
  /** A PATH that has nothing but this. */
  async function pathWith(commands: Readonly<Record<string, string>>): Promise<string> {
    const bin = await mkdtemp(join(folder, "bin-"));
    await symlink("/bin/sh", join(bin, "sh"));
    for (const [name, does] of Object.entries(commands)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    }
    return bin;
  }

  it.each([
    [
      "no Java",
      {},
      /^Spark needs Java 17 or newer, and java does not run: install it \(on Debian: apt-get install .*\.$/,
    ],
    ["an old Java", { java: `echo 'openjdk version "11.0.27"' >&2` }, /java is Java 11: install it/],
  ])("%s", async (_, commands, sentence) => {
    const found = findJava({ PATH: await pathWith(commands) });
    await expect(found).rejects.toThrow(expect.objectContaining({ code: "no-java" }));
    await expect(found).rejects.toThrow(sentence);
  });

  it("takes a Java that is new enough", async () => {
    expect(await findJava({ PATH: await pathWith({ java: `echo 'openjdk version "21.0.7"' >&2` }) })).toBe("java");
  });

  it.each([
    ["no Python", {}, "and there is none on the PATH: install it (on Debian: apt-get install python3 python3-venv)."],
    ["an old Python", { python3: "echo 3.9" }, "and python3 is Python 3.9: install it"],
    [
      "a Python that makes no virtual environments",
      { python3: `echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1` },
      "and python3 cannot make virtual environments: install it",
    ],
  ])("%s", async (_, commands, sentence) => {
    const found = findPython({ PATH: await pathWith(commands) });
    await expect(found).rejects.toThrow(expect.objectContaining({ code: "no-python" }));
    await expect(found).rejects.toThrow(sentence);
  });
});
