import { expect, test } from "vitest";
import { parseOptions } from "../src/options.js";

test("nothing has to be given", () => {
  expect(parseOptions([])).toEqual({ kind: "run", options: {} });
});

test("a directory, a port and a cache are taken", () => {
  expect(parseOptions(["--dir=a", "--port", "29092", "--cache=b"])).toEqual({
    kind: "run",
    options: { dir: "a", port: 29_092, cache: "b" },
  });
});

test.each([["--help"], ["-h"]])("%s asks for help", (option) => {
  expect(parseOptions([option])).toEqual({ kind: "help" });
});

test.each([
  [["--port=0"], '--port got "0"; it takes a port from 1 to 65535.'],
  [["--port=65536"], '--port got "65536"; it takes a port from 1 to 65535.'],
  [["--port=x"], '--port got "x"; it takes a port from 1 to 65535.'],
  [["--dir="], '--dir got ""; it takes a directory\'s path.'],
  [["--topic=a"], "Unknown option '--topic'; --help lists the options."],
  [["here"], "Unexpected argument 'here'"],
])("%j is refused in one sentence", (args, problem) => {
  expect(parseOptions(args)).toEqual({ kind: "wrong", problem: expect.stringContaining(problem) });
});
