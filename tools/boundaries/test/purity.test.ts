import { expect, test } from "vitest";
import { check, createWorkspace, manifest, messageOf, needs, places, type Files } from "./fixture.js";

const tags = ["type:lib", "pure"];

function scenario(source: string, more: Files = {}): string {
  const dependencies = { ...needs("schema"), "@faker-js/faker": "10", kafkajs: "2", postgres: "3", zod: "4" };
  return createWorkspace({
    "libs/scenario/package.json": manifest("scenario", { tags, dependencies }),
    "libs/scenario/src/index.ts": source,
    ...more,
  });
}

test.each(["node:fs", "fs", "node:process", "fs/promises", "crypto"])("a built-in of Node is refused: %s", (name) => {
  const findings = check(scenario(`\nimport "${name}";\n`));
  expect(places(findings)).toEqual(["impure-import libs/scenario/src/index.ts:2"]);
  expect(messageOf(findings, "impure-import")).toContain("leave it to an app or an impure lib");
});

test.each([
  'import { Kafka } from "kafkajs";',
  'import type { Kafka } from "kafkajs";',
  'export { x } from "postgres";',
  'const pending = import("postgres");',
  'import postgres = require("postgres");',
])("a driver is refused in every form of import: %s", (source) => {
  expect(places(check(scenario(source)))).toEqual(["impure-import libs/scenario/src/index.ts:1"]);
});

test("packages on the list pass, each for the projects that it is listed for", () => {
  const faker = 'import { Faker, en, type Randomizer } from "@faker-js/faker";\nimport { z } from "zod";\n';
  expect(check(scenario(faker))).toEqual([]);
  const root = createWorkspace({
    "libs/metrics/package.json": manifest("metrics", { tags, dependencies: { "@faker-js/faker": "10", zod: "4" } }),
    "libs/metrics/src/index.ts": faker,
  });
  expect(places(check(root))).toEqual(["impure-import libs/metrics/src/index.ts:1"]);
});

test.each(["{ faker }", "{ fakerID_ID as f }", "{ simpleFaker }", "* as all", "all"])(
  "faker's global instances are refused: import %s",
  (clause) => {
    const findings = check(scenario(`import ${clause} from "@faker-js/faker";\n`));
    expect(places(findings)).toEqual(["impure-import libs/scenario/src/index.ts:1"]);
    expect(messageOf(findings, "impure-import")).toContain("new Faker({ locale, randomizer })");
  },
);

test("a generator that draws its own seed is refused, a seeded one is not", () => {
  const source = [
    'import { en, Faker, generateMersenne53Randomizer } from "@faker-js/faker";',
    "export const good = new Faker({ locale: en, randomizer: generateMersenne53Randomizer(1) });",
    "export const bad = new Faker({ locale: en });",
    "export const alsoBad = generateMersenne53Randomizer();",
    "",
  ].join("\n");
  expect(places(check(scenario(source)))).toEqual([
    "unseeded libs/scenario/src/index.ts:3",
    "unseeded libs/scenario/src/index.ts:4",
  ]);
});

test("what a pure lib reaches through other files and packages is held to the same, and the way is told", () => {
  const root = scenario('export { a } from "./a.js";\n', {
    "libs/scenario/src/a.ts": 'export { clock as a } from "@tidemark/schema";\n',
    "libs/schema/package.json": manifest("schema"),
    "libs/schema/src/index.ts": 'export { clock } from "./clock.js";\n',
    "libs/schema/src/clock.ts": "export const clock = () => Date.now();\n",
  });
  const findings = check(root);
  expect(places(findings)).toEqual(["impure-global libs/schema/src/clock.ts:1"]);
  expect(messageOf(findings, "impure-global")).toContain(
    "(reached by libs/scenario/src/index.ts -> libs/scenario/src/a.ts -> libs/schema/src/index.ts -> libs/schema/src/clock.ts)",
  );
});

test("a file that only types are imported from is not followed", () => {
  const root = scenario('import type { T } from "./io.js";\nexport type U = T;\n', {
    "libs/scenario/src/io.ts": 'import "node:fs";\nexport type T = 1;\n',
  });
  expect(check(root)).toEqual([]);
});

test("each export of a pure lib is an entry, its bin and what it does not reach are not", () => {
  const root = createWorkspace({
    "libs/schema/package.json": manifest("schema", {
      tags,
      exports: {
        ".": { "@tidemark/source": "./src/index.ts" },
        "./more": { "@tidemark/source": "./src/more.ts" },
        "./bin": { "@tidemark/source": "./src/bin/main.ts" },
      },
    }),
    "libs/schema/src/index.ts": "export {};\n",
    "libs/schema/src/more.ts": 'import "node:os";\n',
    "libs/schema/src/bin/main.ts": 'import "node:fs";\n',
    "libs/schema/test/a.test.ts": 'import "node:net";\n',
  });
  expect(places(check(root))).toEqual(["impure-import libs/schema/src/more.ts:1"]);
});

test("a lib that is not tagged pure may do as it likes", () => {
  const root = createWorkspace({
    "libs/sources/package.json": manifest("sources", { dependencies: { kafkajs: "2" } }),
    "libs/sources/src/index.ts": 'import "kafkajs";\nimport "node:fs";\nexport const now = Date.now();\n',
  });
  expect(check(root)).toEqual([]);
});

test("an import of a computed name can't be followed, so it is refused", () => {
  expect(places(check(scenario('const n = "a";\nexport const m = import(`./${n}.js`);\n')))).toEqual([
    "dynamic-import libs/scenario/src/index.ts:2",
  ]);
});

test("the tables of sinks may use drizzle's core, not its drivers", () => {
  const core = ["drizzle-orm", "drizzle-orm/pg-core"].map((name) => `import "${name}";\n`).join("");
  const root = createWorkspace({
    "libs/panels/package.json": manifest("panels", { tags, dependencies: needs("sinks") }),
    "libs/panels/src/index.ts": 'import "@tidemark/sinks/tables";\n',
    "libs/sinks/package.json": manifest("sinks", {
      dependencies: { "drizzle-orm": "0" },
      exports: { "./tables": { "@tidemark/source": "./src/tables.ts" } },
    }),
    "libs/sinks/src/tables.ts": `${core}import "drizzle-orm/node-postgres";\n`,
  });
  expect(places(check(root))).toEqual(["impure-import libs/sinks/src/tables.ts:3"]);
});
