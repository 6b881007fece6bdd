import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkWorkspace } from "../src/check.js";
import { readProjectGraph } from "../src/nx-graph.js";
import { createWorkspace, linkModules, manifest, needs, places, repository } from "./fixture.js";

const tags = ["type:lib", "pure"];

/** A workspace of Nx with the repository's settings, in which metrics imports schema: in its code, not in its manifest. */
function createMiniWorkspace(metricsSource: string): string {
  const root = createWorkspace({
    "nx.json": {
      analytics: false,
      neverConnectToCloud: true,
      pluginsConfig: { "@nx/js": { analyzeSourceFiles: true, analyzePackageJson: true } },
    },
    "libs/schema/package.json": manifest("schema", { tags }),
    "libs/schema/src/index.ts": "export const x = 1;\n",
    "libs/metrics/package.json": manifest("metrics", { tags }),
    "libs/metrics/src/index.ts": metricsSource,
    "libs/sinks/package.json": manifest("sinks", { dependencies: needs("sources") }),
    "libs/sinks/src/index.ts": "export {};\n",
    "libs/sources/package.json": manifest("sources"),
    "libs/sources/src/index.ts": "export {};\n",
  });
  copyFileSync(join(repository, "tsconfig.base.json"), join(root, "tsconfig.base.json"));
  linkModules(root);
  return root;
}

test("a planted import is found by way of the graph that Nx itself makes", async () => {
  const root = createMiniWorkspace('\nexport { x } from "@tidemark/schema";\n');
  const graph = await readProjectGraph(root, process.env);
  expect(graph.edges).toContainEqual({ from: "metrics", to: "schema" });
  expect(graph.edges).toContainEqual({ from: "sinks", to: "sources" });
  expect(places(checkWorkspace(root, graph))).toEqual([
    "layer libs/metrics/src/index.ts:2",
    "undeclared-dependency libs/metrics/src/index.ts:2",
    expect.stringMatching(/^layer libs\/sinks\/package\.json:\d+$/),
  ]);
});

test("the command prints each finding with its place and exits 1", () => {
  const root = createMiniWorkspace("export const at = () => Date.now();\n");
  const main = join(repository, "tools/boundaries/src/main.ts");
  const tsx = import.meta.resolve("tsx");
  const { status, stdout } = spawnSync(process.execPath, ["--import", tsx, main], { cwd: root, encoding: "utf8" });
  expect(stdout).toMatch(
    /^libs\/metrics\/src\/index\.ts:1 {2}impure-global {2}Date\.now: .*take the time as an argument$/m,
  );
  expect(stdout).toMatch(/^libs\/sinks\/package\.json:\d+ {2}layer {2}/m);
  expect(status).toBe(1);
});
