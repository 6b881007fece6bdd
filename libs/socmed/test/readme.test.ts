import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { createStream, presets } from "../src/scenario/index.js";
import { scenarioJsonSchema } from "../src/scenario/json-schema.js";
import { withoutProgress } from "./bin/program.js";
import { fieldsOf } from "./fields.js";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
// Below the package, so that its own name is found.
const workplace = join(root, "test-results/readme");
const readme = await readFile(join(root, "README.md"), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
  /** What the README says that it prints. */
  readonly printed: string;
}

const blocks: readonly Block[] = [
  ...readme.matchAll(/^```(ts|sh|json)\n(.*?)^```\n(?:\nprints\n\n^```\n(.*?)^```\n)?/gms),
].map(([, language = "", text = "", printed = ""]) => ({ language, text, printed }));

const fromSource = `"${process.execPath}" --conditions=@tidemark/source --import tsx`;
/** What is installed elsewhere is run from source here. */
const npx = `npx() { shift; ${fromSource} "${join(root, "src/bin/main.ts")}" "$@"; }`;

async function execute({ language, text }: Block): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: workplace, env: { PATH: process.env["PATH"] ?? "", FORCE_COLOR: "0" } };
  if (language === "sh") return await run("bash", ["--norc", "-c", `${npx}\n${text}`], options);
  const file = join(workplace, "example.mts");
  await writeFile(file, text);
  return await run("bash", ["--norc", "-c", `${fromSource} "${file}"`], options);
}

describe("the README's examples", () => {
  beforeAll(async () => {
    await rm(workplace, { recursive: true, force: true });
    await mkdir(workplace, { recursive: true });
    const json = blocks.find(({ language }) => language === "json");
    await writeFile(join(workplace, "two-cities.json"), json?.text ?? "");
  });

  it("are there", () => {
    expect(blocks.map(({ language }) => language)).toEqual(["ts", "ts", "sh", "sh", "sh", "ts", "json", "sh", "ts"]);
  });

  // One after the other: one writes what the next reads.
  it.each(blocks.filter(({ language }) => language !== "json"))("print what it says: $text", async (block) => {
    const { stdout, stderr } = await execute(block);
    expect({ stdout, stderr: withoutProgress(stderr) }).toEqual({ stdout: block.printed, stderr: "" });
  });
});

describe("the README's table of fields", () => {
  const rows = [...readme.matchAll(/^\| `([^`|]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)].map(
    ([, path = "", type = "", standard = ""]) => ({ path, type, required: standard === "required" }),
  );
  const table = readme.slice(readme.indexOf("| field | type |")).split("\n\n")[0] ?? "";

  it("has every field of the schema, with its type and whether it is required, and no other", () => {
    const collapse = (path: string) =>
      path
        .replace(/^faults\.\w+\.(share|count)$/, "faults.KIND.$1")
        .replace(/^(campaigns|spikes|outages|clocks)\[\]\.(city|platform|fromSeconds|forSeconds)$/, "…[].$2");
    const fields = fieldsOf(scenarioJsonSchema() as Parameters<typeof fieldsOf>[0]);
    const expected = new Set(
      fields.map(({ path, type, required }) => JSON.stringify({ path: collapse(path), type, required })),
    );
    const found = rows.filter(({ path }) => table.includes(`\n| \`${path}\` |`)).map((row) => JSON.stringify(row));
    expect(found.toSorted()).toEqual([...expected].toSorted());
  });
});

describe("the README's tables of presets and labels", () => {
  const startMs = Date.UTC(2024, 1, 3, 17);
  const cellsOf = (first: string) =>
    (new RegExp(`^\\| \`${first}\` \\|(.*)\\|$`, "m").exec(readme.slice(readme.indexOf("## Presets")))?.[1] ?? "")
      .split(" | ")
      .map((cell) => cell.trim());

  it.each(Object.entries(presets))("have the rate of %s", (name, { rate }) => {
    const rates =
      rate.kind === "constant" ? [rate.perSecond] : rate.kind === "burst" ? [rate.perSecond, rate.burstPerSecond] : [];
    expect(cellsOf(name)[0]).toBe(rates.map((perSecond) => perSecond.toLocaleString("en-US")).join(", "));
  });

  it("have every kind of label, what becomes of it, and its shares", () => {
    const shown = ["default", "day", "dirty", "clocks"] as const;
    const total = 100_000;
    const shares = new Map<string, Map<string, number>>();
    const becomes = new Map<string, Set<string>>();
    for (const name of Object.keys(presets) as (keyof typeof presets)[]) {
      const stream = createStream({ scenario: presets[name], seed: 1, startMs });
      for (let index = 0; index < total; index++) {
        const { label } = stream.at(index);
        const byPreset = shares.get(label.kind) ?? new Map<string, number>();
        shares.set(label.kind, byPreset.set(name, (byPreset.get(name) ?? 0) + 1));
        becomes.set(label.kind, (becomes.get(label.kind) ?? new Set()).add(String(label.becomes)));
      }
    }
    for (const [kind, byPreset] of shares) {
      const [, become = "", ...cells] = cellsOf(kind);
      const expected = shown
        .map((name) => byPreset.get(name))
        .map((count) => (count === undefined ? "" : `${count / 1000} %`));
      expect([kind, ...cells]).toEqual([kind, ...expected]);
      // That it may be null of any kind is said below the table.
      const words = become.split(/, | or /).filter((word) => word !== "null");
      const found = [...(becomes.get(kind) ?? [])].filter((verdict) => verdict !== "null");
      expect([kind, ...words.toSorted()]).toEqual([kind, ...found.toSorted()]);
    }
    const listed = readme.slice(readme.indexOf("| kind | it is |"), readme.indexOf("## The scenario file"));
    expect([...listed.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind).toSorted()).toEqual(
      [...shares.keys()].toSorted(),
    );
  });

  it("show the others as all ordinary", () => {
    for (const name of ["deck", "rush", "skewed", "quiet"] as const) {
      const stream = createStream({ scenario: presets[name], seed: 1, startMs });
      const kinds = new Set(Array.from({ length: 10_000 }, (_, index) => stream.at(index).label.kind));
      expect([...kinds]).toEqual(["ordinary"]);
    }
  });
});
