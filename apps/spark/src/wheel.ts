import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";

const packageFolder = fileURLToPath(new URL("../python/", import.meta.url));
const NAME = "tidemark_spark";
/** Zip has no times before 1980. The same for each file, so that the same sources give the same bytes. */
const TIME = new Date(1980, 0, 1);

const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);

export interface Wheel {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The Python package as a wheel (PEP 427), which is a zip: Python itself imports from it. */
export async function buildWheel(): Promise<Wheel> {
  const project = await readFile(`${packageFolder}pyproject.toml`, "utf8");
  const read = (key: string) => new RegExp(`^${key} = "?(.*?)"?$`, "m").exec(project)?.[1] ?? "";
  const requirements = /^dependencies = \[(.*)\]$/m.exec(project)?.[1] ?? "";
  const version = read("version");
  const info = `${NAME}-${version}.dist-info`;
  const files: Record<string, Uint8Array> = {};
  for (const name of (await readdir(join(packageFolder, NAME))).sort()) {
    if (/\.py$|^py\.typed$/.test(name)) files[`${NAME}/${name}`] = await readFile(join(packageFolder, NAME, name));
  }
  files[`${info}/METADATA`] = text([
    "Metadata-Version: 2.1",
    `Name: ${read("name")}`,
    `Version: ${version}`,
    `Summary: ${read("description")}`,
    `Requires-Python: ${read("requires-python")}`,
    ...[...requirements.matchAll(/"([^"]+)"/g)].map(([, one]) => `Requires-Dist: ${one}`),
  ]);
  files[`${info}/WHEEL`] = text([
    "Wheel-Version: 1.0",
    "Generator: tidemark",
    "Root-Is-Purelib: true",
    "Tag: py3-none-any",
  ]);
  const record = Object.entries(files).map(([name, bytes]) => {
    const digest = createHash("sha256").update(bytes).digest("base64url");
    return `${name},sha256=${digest},${bytes.length}`;
  });
  files[`${info}/RECORD`] = text([...record, `${info}/RECORD,,`]);
  // Stored as they are: what a compressor gives depends on its version.
  return { name: `${NAME}-${version}-py3-none-any.whl`, bytes: zipSync(files, { level: 0, mtime: TIME }) };
}

export async function readRequirements(): Promise<string> {
  return readFile(`${packageFolder}requirements.txt`, "utf8");
}
