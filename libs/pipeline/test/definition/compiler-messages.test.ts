import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const workspace = fileURLToPath(new URL("../../../..", import.meta.url));
const compiler = join(workspace, "node_modules/typescript-7/bin/tsc");

/** Within the workspace, so that packages are found. */
let folder: string;
beforeAll(async () => {
  const results = fileURLToPath(new URL("../../test-results", import.meta.url));
  await mkdir(results, { recursive: true });
  folder = await mkdtemp(join(results, "compiled-"));
  const compilerOptions = { noEmit: true, types: ["node"] };
  const config = { extends: join(workspace, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the compiler says about a definition of which some properties are replaced. */
async function compile(properties: string): Promise<string> {
  const text = `import { count, definePipeline, mean, sum, tumbling } from "../../src/definition/index.js";
import { z } from "zod";

const window = tumbling("1m");
const aggregates = { events: count() };
const text = z.string().nullable();
const base = { name: "parking", time: { field: "leftAt", unit: "ms" }, watermark: { delay: "1m" } } as const;
export const parking = definePipeline({
  ...base,
  event: z.object({ id: z.string(), leftAt: z.int(), fee: z.number().nullable(), hours: z.number(), note: text }),
  ${properties}
});
`;
  await writeFile(join(folder, "parking.ts"), text);
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, "-p", folder], (_error, stdout) => resolve(stdout));
  });
}

const rollups = (keys: string, aggregates = "aggregates") =>
  `rollups: [{ name: "parking_1m", window, keys: [${keys}], aggregates: ${aggregates} }],`;

it("a definition that is right compiles", async () => {
  const rate = `{ name: "fee_per_hour", title: "Fee", numerator: "leftAt", denominator: "hours", scale: 1, unit: "EUR" }`;
  expect(
    await compile(`id: "id", rates: [${rate}], ${rollups('"id"', '{ fee: sum("fee"), rate: mean("fee_per_hour") }')}`),
  ).toBe("");
});

const rate = `{ name: "fee_per_hour", title: "Fee", numerator: "fee", denominator: "hours", scale: 1, unit: "EUR" }`;
it.each([
  [
    "a rate of a field that may be null",
    `rates: [${rate}], ${rollups("")}`,
    `'"fee"' is not assignable to type 'NeverNullNumberField<`,
  ],
  ["a key that may be null", rollups('"note"'), `'"note"' is not assignable to type 'NeverNullKeyField<`],
  ["an id that may be null", `id: "note", ${rollups("")}`, `'"note"' is not assignable to type 'NeverNullIdField<`],
  ["a sum over text", rollups("", '{ note: sum("note") }'), `'"note"' is not assignable to type 'NumberField<`],
])("the compiler names the field of %s, and what it has to be", async (_what, properties, message) => {
  expect(await compile(properties)).toContain(message);
});
