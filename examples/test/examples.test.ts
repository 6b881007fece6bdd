import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));
/** Programs, and the program of each folder that shows more than one file. */
const examples = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  if (entry.name.endsWith(".ts")) return [entry.name];
  return existsSync(`${folder}${entry.name}/demo.ts`) ? [`${entry.name}/demo.ts`] : [];
});

describe("the examples", () => {
  it("are there", () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)("%s prints what its expected output says", async (name) => {
    const fromSource = ["--conditions=@tidemark/source", "--import", "tsx", `${folder}${name}`];
    // Whoever runs the tests may ask for colours; the expected output has none.
    const env = { ...process.env, FORCE_COLOR: "0" };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, fromSource, { env });
    expect(stderr).toBe("");
    expect(stdout).toBe(readFileSync(`${folder}${name.replace(/\.ts$/, ".expected.txt")}`, "utf8"));
  });
});
