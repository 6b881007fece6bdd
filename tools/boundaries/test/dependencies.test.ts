import { expect, test } from "vitest";
import { check, createWorkspace, manifest, messageOf, needs, places } from "./fixture.js";

test("an import that the manifest does not declare is told, as an installed copy would lack it", () => {
  const root = createWorkspace({
    "libs/sinks/package.json": manifest("sinks", { devDependencies: needs("pg/", "drizzle-orm/") }),
    "libs/sinks/src/index.ts": 'import "pg-copy-streams";\nimport "@tidemark/schema";\n',
    "libs/schema/package.json": manifest("schema"),
    "libs/schema/src/index.ts": "export {};\n",
  });
  const findings = check(root);
  expect(places(findings)).toEqual([
    "undeclared-dependency libs/sinks/src/index.ts:1",
    "undeclared-dependency libs/sinks/src/index.ts:2",
  ]);
  expect(messageOf(findings, "undeclared-dependency")).toBe(
    "pg-copy-streams is not declared: add it to the dependencies of libs/sinks/package.json",
  );
});

test("a lib's code may not rely on devDependencies, but its tests may, and on the root's", () => {
  const source = 'import "@scope/own/deep";\n';
  const root = createWorkspace({
    "package.json": { name: "tidemark", workspaces: ["libs/*"], devDependencies: { vitest: "4" } },
    "libs/schema/package.json": manifest("schema", { devDependencies: { "@scope/own": "1" } }),
    "libs/schema/src/index.ts": source,
    "libs/schema/test/a.test.ts": `${source}import "vitest";\nimport "node:fs";\nimport "fast-check";\n`,
  });
  expect(places(check(root))).toEqual([
    "undeclared-dependency libs/schema/src/index.ts:1",
    "undeclared-dependency libs/schema/test/a.test.ts:4",
  ]);
});

test("a package may import itself by its name, and tools may use the root's devDependencies", () => {
  const root = createWorkspace({
    "package.json": { name: "tidemark", workspaces: ["libs/*", "tools/*"], devDependencies: { typescript: "6" } },
    "libs/schema/package.json": manifest("schema"),
    "libs/schema/src/index.ts": "export {};\n",
    "libs/schema/test/a.test.ts": 'import "@tidemark/schema";\n',
    "tools/boundaries/package.json": manifest("boundaries"),
    "tools/boundaries/src/main.ts": 'import ts from "typescript";\nexport { ts };\n',
  });
  expect(check(root)).toEqual([]);
});

test("a path that leads nowhere and a subpath that is not exported are findings", () => {
  const root = createWorkspace({
    "libs/schema/package.json": manifest("schema"),
    "libs/schema/src/index.ts": 'import "./gone.js";\n',
    "apps/producer/package.json": manifest("producer", { dependencies: needs("schema") }),
    "apps/producer/src/main.ts": 'import "@tidemark/schema/src/decode";\n',
  });
  const findings = check(root);
  expect(places(findings)).toEqual([
    "unresolved-import apps/producer/src/main.ts:1",
    "unresolved-import libs/schema/src/index.ts:1",
  ]);
  expect(messageOf(findings, "unresolved-import")).toContain('@tidemark/schema exports no "src/decode"');
});
