import { expect, test } from "vitest";
import { bind } from "../src/bound-file.js";
import { findImpureGlobals } from "../src/impure-globals.js";

const find = (source: string): string[] =>
  findImpureGlobals(bind("a.ts", source)).map(({ line, message }) => `${line} ${message}`);

test.each([
  "Date.now()",
  'Date["now"]()',
  "new Date()",
  "new Date",
  "Date()",
  "new Date(2024, 1, 3)",
  "const { now } = Date",
  "const D = Date",
  "class A extends Date {}",
  "Date.parse(text)",
  "performance.now()",
  "process.env.X",
  "typeof process",
  "const p = { process }",
  "export { process }",
  "globalThis.process",
  'globalThis["process"].env',
  "globalThis.Date.now()",
  "const g = globalThis",
  "globalThis[name]",
  "Math.random()",
  "const { random } = Math",
  "items.map(Math.random)",
  "Math[key]",
  "crypto.randomUUID()",
  "crypto.getRandomValues(bytes)",
  "globalThis.crypto.randomUUID()",
  "setTimeout(f, 1)",
  "setInterval(f, 1)",
  "queueMicrotask(f)",
  "console.log(1)",
  'require("fs")',
  "import.meta.env",
  "import.meta.dirname",
  "Buffer.from([1])",
  "fetch(url)",
  'new Function("return 1")',
  "function f(at = Date.now()) {}",
  "declare const process: { env: unknown };\nprocess.env",
  "declare global { var process: unknown }\nprocess",
])("refuses %s", (source) => {
  expect(find(source)).toHaveLength(1);
});

test.each([
  "new Date(0)",
  "new Date(...parts)",
  "Date.UTC(2024, 1)",
  "x instanceof Date",
  "let d: Date",
  "type T = typeof Date",
  "interface I { now: () => Date }",
  "Math.floor(1)",
  "Math.max(...values)",
  "crypto.subtle.digest(a, b)",
  "event.process()",
  "event?.process.now",
  "const o = { process: 1, now: 2 }",
  "function f(process: string) { return process.length; }",
  "const { performance } = input; performance.now()",
  "import { process } from './a.js'; process()",
  "export { process } from './a.js'",
  "class A { process() {} }",
  "class A implements Date {}",
  "for (const window of windows) window.end",
  "function setTimeout() {} setTimeout()",
  "const Date = clock; Date.now()",
  "enumerate: for (;;) break enumerate",
  "// Date.now()",
  "'Date.now()'",
  "new TextEncoder().encode(text)",
])("allows %s", (source) => {
  expect(find(source)).toEqual([]);
});

test("a name that is declared elsewhere in the file is still global where that declaration does not reach", () => {
  expect(find("function f(process: string) { return process; }\nexport const env = process.env;\n")).toEqual([
    "2 process.env: a pure lib reads no environment: take the value as an argument",
  ]);
});

test.each(["date.getHours()", "date.getTimezoneOffset()", "a.localeCompare(b)", "n.toLocaleString()", "d.setDate(1)"])(
  "refuses what the machine's time zone or locale decides: %s",
  (source) => {
    expect(find(source)).toHaveLength(1);
  },
);

test.each(["date.getUTCHours()", 'a.localeCompare(b, "en")', 'n.toLocaleString("en")', "date.getTime()"])(
  "allows what they do not: %s",
  (source) => {
    expect(find(source)).toEqual([]);
  },
);

test("a global is free in the one file that a rule names", () => {
  const inFile = (path: string) => findImpureGlobals(bind(path, 'new Function("return 1")'));
  expect(inFile("libs/schema/src/compile.ts")).toEqual([]);
  expect(inFile("libs/schema/src/decode.ts")).toHaveLength(1);
});
