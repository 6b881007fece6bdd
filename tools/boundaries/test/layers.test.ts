import { expect, test } from "vitest";
import { checkWorkspace } from "../src/check.js";
import { check, createWorkspace, manifest, messageOf, needs, places, type Files } from "./fixture.js";

const lib = (name: string, source = "export {};\n", parts: Parameters<typeof manifest>[1] = {}): Files => ({
  [`libs/${name}/package.json`]: manifest(name, parts),
  [`libs/${name}/src/index.ts`]: source,
});

test("a lib that imports what its layer allows is clean", () => {
  const root = createWorkspace({
    ...lib("schema"),
    ...lib("metrics"),
    ...lib("scenario", 'import "@tidemark/schema";\nimport "@tidemark/metrics";\n', {
      dependencies: needs("schema", "metrics"),
    }),
  });
  expect(check(root)).toEqual([]);
});

test("a lib that imports another layer is told at the import's file and line", () => {
  const root = createWorkspace({
    ...lib("metrics", '// first line\nimport { x } from "@tidemark/schema";\nexport { x };\n', {
      dependencies: needs("schema"),
    }),
    ...lib("schema", "export const x = 1;\n"),
  });
  const findings = check(root);
  expect(places(findings)).toEqual(["layer libs/metrics/src/index.ts:2"]);
  expect(messageOf(findings, "layer")).toBe(
    "metrics may import no other lib, not schema: move the code to the layer it belongs to",
  );
});

test("an import of a type crosses a layer too", () => {
  const root = createWorkspace({
    ...lib("metrics", 'export type { X } from "@tidemark/schema";\n', { dependencies: needs("schema") }),
    ...lib("schema", "export type X = 1;\n"),
  });
  expect(places(check(root))).toEqual(["layer libs/metrics/src/index.ts:1"]);
});

test("a manifest that names a forbidden lib is a finding though no file imports it", () => {
  const root = createWorkspace({
    ...lib("windowing", "export {};\n", { dependencies: needs("sinks") }),
    ...lib("sinks"),
  });
  const text = JSON.stringify(manifest("windowing", { dependencies: needs("sinks") }), undefined, 2);
  const line = text.split("\n").findIndex((row) => row.includes("@tidemark/sinks")) + 1;
  expect(places(check(root))).toEqual([`layer libs/windowing/package.json:${line}`]);
});

test("a lib's tests and benchmarks may import servers and the scenario; its own code may not", () => {
  const servers = ["embedded-kafka", "embedded-postgres", "scenario"];
  const source = servers.map((name) => `import "@tidemark/${name}";\n`).join("");
  const root = createWorkspace({
    ...lib("sources", source, { devDependencies: needs(...servers) }),
    "libs/sources/test/a.test.ts": source,
    "libs/sources/bench/a.ts": source,
    ...lib("embedded-kafka"),
    ...lib("embedded-postgres"),
    ...lib("scenario"),
  });
  const findings = check(root).filter(({ rule }) => rule === "layer");
  expect(places(findings)).toEqual([1, 2, 3].map((line) => `layer libs/sources/src/index.ts:${line}`));
  expect(findings[0]?.message).toBe("sources may import embedded-kafka in its tests and benchmarks only");
});

test("a lib's tests may not import a lib of another layer", () => {
  const root = createWorkspace({
    ...lib("schema", "export {};\n", { devDependencies: needs("metrics") }),
    "libs/schema/test/a.test.ts": 'import "@tidemark/metrics";\n',
    ...lib("metrics"),
  });
  expect(places(check(root))).toEqual(["layer libs/schema/test/a.test.ts:1"]);
});

test("a lib that tests alone need is to be among devDependencies", () => {
  const root = createWorkspace({
    ...lib("sources", "export {};\n", { dependencies: needs("embedded-kafka") }),
    ...lib("embedded-kafka"),
  });
  const findings = check(root);
  expect(findings.map(({ rule, file }) => `${rule} ${file}`)).toEqual([
    "wrong-kind-of-dependency libs/sources/package.json",
  ]);
  expect(messageOf(findings, "wrong-kind-of-dependency")).toContain("move @tidemark/embedded-kafka to devDependencies");
});

test("panels may import the tables of sinks and nothing else of it, but for its tests", () => {
  const both = {
    ".": { "@tidemark/source": "./src/index.ts" },
    "./tables": { "@tidemark/source": "./src/tables.ts" },
  };
  const root = createWorkspace({
    ...lib("panels", 'import "@tidemark/sinks/tables";\nimport "@tidemark/sinks";\n', { dependencies: needs("sinks") }),
    ...lib("sinks", "export {};\n", { exports: both }),
    "libs/sinks/src/tables.ts": "export {};\n",
    "libs/panels/test/a.test.ts": 'import "@tidemark/sinks";\n',
  });
  const findings = check(root);
  expect(places(findings)).toEqual(["layer libs/panels/src/index.ts:2"]);
  expect(messageOf(findings, "layer")).toBe('panels may import of sinks only sinks/tables, not "."');
});

test("nothing imports an app, an app's own tests aside", () => {
  const importApp = 'import "@tidemark/producer";\n';
  const root = createWorkspace({
    "apps/producer/package.json": manifest("producer"),
    "apps/producer/src/index.ts": "export {};\n",
    "apps/producer/test/a.test.ts": 'import "../src/index.js";\n',
    "apps/consumer/package.json": manifest("consumer", { dependencies: needs("producer") }),
    "apps/consumer/src/main.ts": importApp,
    "tools/bench/package.json": manifest("bench", { dependencies: needs("producer") }),
    "tools/bench/src/main.ts": importApp,
    ...lib("schema", importApp, { dependencies: needs("producer") }),
    "examples/a.ts": importApp,
  });
  expect(places(check(root))).toEqual([
    "layer apps/consumer/src/main.ts:1",
    "layer examples/a.ts:1",
    "layer libs/schema/src/index.ts:1",
    "layer tools/bench/src/main.ts:1",
  ]);
});

test("apps, tools and examples import any lib; only tools import tools", () => {
  const uses = 'import "@tidemark/schema";\nimport "@tidemark/verify";\n';
  const dependencies = needs("schema", "verify");
  const root = createWorkspace({
    ...lib("schema"),
    "tools/verify/package.json": manifest("verify"),
    "tools/verify/src/index.ts": "export {};\n",
    "tools/bench/package.json": manifest("bench", { dependencies }),
    "tools/bench/src/main.ts": uses,
    "apps/consumer/package.json": manifest("consumer", { dependencies }),
    "apps/consumer/src/main.ts": uses,
    "examples/a.ts": 'import "@tidemark/schema";\n',
  });
  expect(places(check(root))).toEqual(["layer apps/consumer/src/main.ts:2"]);
});

test("a relative path into another project is a finding even where the layer is allowed", () => {
  const root = createWorkspace({
    ...lib("schema"),
    ...lib("scenario", 'import "../../schema/src/index.js";\n', { dependencies: needs("schema") }),
  });
  const findings = check(root);
  expect(places(findings)).toEqual(["relative-across-projects libs/scenario/src/index.ts:1"]);
  expect(messageOf(findings, "relative-across-projects")).toContain("import @tidemark/schema by one of its exports");
});

test("a lib that the table of layers lacks is a finding", () => {
  const findings = check(createWorkspace(lib("novel")));
  expect(places(findings)).toEqual(["unknown-lib libs/novel/package.json:1"]);
});

test("an import that Nx does not see is a finding, and is judged all the same", () => {
  const root = createWorkspace({
    ...lib("schema"),
    ...lib("metrics", 'import "@tidemark/schema";\n', { dependencies: needs("schema") }),
  });
  const findings = checkWorkspace(root, { projects: new Set(["schema", "metrics"]), edges: [] });
  expect(places(findings)).toEqual(["graph-gap libs/metrics/src/index.ts:1", "layer libs/metrics/src/index.ts:1"]);
});

test("an edge of Nx between projects that the workspaces lack is a finding", () => {
  const graph = { projects: new Set(["a", "b"]), edges: [{ from: "a", to: "b" }] };
  expect(places(checkWorkspace(createWorkspace({}), graph))).toEqual(["graph-gap package.json:1"]);
});

test("the test kit is for tests alone", () => {
  const source = 'import "@tidemark/testkit";\n';
  const root = createWorkspace({
    ...lib("schema", source, { devDependencies: needs("testkit") }),
    "libs/schema/test/a.test.ts": source,
    "tools/testkit/package.json": manifest("testkit"),
    "tools/testkit/src/index.ts": "export {};\n",
  });
  expect(places(check(root))).toEqual([
    "layer libs/schema/src/index.ts:1",
    "undeclared-dependency libs/schema/src/index.ts:1",
  ]);
});
