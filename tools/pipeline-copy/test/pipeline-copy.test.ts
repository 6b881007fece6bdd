import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyPipeline, type PipelineCopy } from "../src/index.js";

const execute = promisify(execFile);
const usage = { file: "apps/consumer/src/options.ts", find: "Usage: nx run consumer:serve", replace: "Changed:" };

let copy: PipelineCopy;
beforeAll(async () => {
  copy = await copyPipeline();
});
afterAll(() => copy?.remove());

async function help([command, ...args]: readonly [string, ...string[]]): Promise<string> {
  return (await execute(command, [...args, "--help"], { cwd: copy.root })).stdout;
}

describe("copyPipeline", { timeout: 120_000 }, () => {
  it("runs the changed consumer from source and compiled, and has the source as it was afterwards", async () => {
    const sound = await copy.read(usage.file);
    await copy.withEdits([usage], async () => {
      expect(await help(copy.fromSource)).toMatch(/^Changed: \[/);
      expect(await help(await copy.build())).toMatch(/^Changed: \[/);
    });
    expect(await copy.read(usage.file)).toBe(sound);
    expect(await help(await copy.build())).toMatch(/^Usage: /);
  });

  it("runs another project that was asked for, by the changed libs", async () => {
    const other = await copyPipeline(["tools/verify"]);
    const preset = {
      file: "libs/socmed/src/scenario/presets.ts",
      find: "export const presets = {",
      replace: "export const presets = { extra: deck,",
    };
    try {
      await other.withEdits([preset], async () => {
        expect(await help(other.mainOf("tools/verify"))).toContain("extra");
      });
      expect(await help(other.mainOf("tools/verify"))).not.toContain("extra");
    } finally {
      await other.remove();
    }
  });

  it("refuses to change what is not there exactly once, and leaves all as it was", async () => {
    const sound = await copy.read(usage.file);
    const missing = { ...usage, find: "no such line" };
    await expect(copy.withEdits([usage, missing], () => Promise.resolve())).rejects.toThrow("has this 0 times");
    await expect(copy.withEdits([{ ...usage, find: "\n" }], () => Promise.resolve())).rejects.toThrow(
      "only where it is once",
    );
    expect(await copy.read(usage.file)).toBe(sound);
  });

  it("takes the change back where the work fails", async () => {
    const sound = await copy.read(usage.file);
    const work = copy.withEdits([usage], async () => {
      expect(await copy.read(usage.file)).not.toBe(sound);
      throw new Error("the work failed");
    });
    await expect(work).rejects.toThrow("the work failed");
    expect(await copy.read(usage.file)).toBe(sound);
  });

  it("leaves nothing behind", async () => {
    const other = await copyPipeline();
    await other.remove();
    expect(existsSync(other.root)).toBe(false);
  });
});
