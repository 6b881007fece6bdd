import { expect, expectTypeOf, it, vi } from "vitest";
import { z } from "zod";
import { flag, wholeNumber } from "../src/option-types.js";
import { answerOptions, parseOptions } from "../src/options.js";

const schema = z
  .object({
    command: z.enum(["build", "push"]).describe("build or push").default("build"),
    "--json": flag,
    "--seed": wholeNumber(0, 9),
    TOKEN: z.string().regex(/^\w+$/).meta({ description: "a token", secret: true }).optional(),
    PORT: wholeNumber(1, 65_535).default(80),
  })
  .refine((given) => !given["--json"] || given.command === "build", { message: "--json is for build." })
  .transform(({ "--seed": seed, PORT: port, ...rest }) => ({ ...rest, seed, port }));

it("reads a positional argument, flags and variables through one schema, whatever stands around its keys", () => {
  const parsed = parseOptions(schema, ["push", "--seed", "7"], { PORT: "81", OTHER: "x" });
  expect(parsed).toEqual({ kind: "run", options: { command: "push", "--json": false, seed: 7, port: 81 } });
  if (parsed.kind === "run") expectTypeOf(parsed.options.port).toEqualTypeOf<number>();
});

it("counts a blank variable as unset", () => {
  expect(parseOptions(schema, ["--seed=1"], { PORT: " ", TOKEN: "" })).toMatchObject({ options: { port: 80 } });
});

it.each([["--help"], ["-h"]])("answers %s, whatever is wrong elsewhere", (option) => {
  expect(parseOptions(schema, [option, "--seed=x"], { PORT: "x" })).toEqual({ kind: "help" });
});

it.each<[string[], Record<string, string>, string]>([
  [["--seed=x"], {}, '--seed got "x"; it takes a whole number from 0 to 9.'],
  [["--seed="], {}, '--seed got ""; it takes a whole number from 0 to 9.'],
  [["--seed=1"], { PORT: "0" }, 'PORT got "0"; it takes a whole number from 1 to 65535.'],
  [["--seed=1"], { TOKEN: "a b" }, "TOKEN got something else; it takes a token."],
  [["pull", "--seed=1"], {}, 'command got "pull"; it takes build or push.'],
  [["push", "--seed=1", "--json"], {}, "--json is for build."],
  [["push", "now"], {}, '"now" is one argument too many; --help lists the options.'],
  [[], {}, "--seed is missing; --help lists the options."],
  [["--nope"], {}, "Unknown option '--nope'; --help lists the options."],
  [["--json=yes"], {}, "Option '--json' does not take an argument; --help lists the options."],
])("refuses %j with %j in one sentence", (args, env, problem) => {
  expect(parseOptions(schema, args, env)).toEqual({ kind: "wrong", problem });
});

it("tells which variable is not set", () => {
  const needed = z.object({ NAME: z.string().describe("a name") });
  expect(parseOptions(needed, [], {})).toEqual({ kind: "wrong", problem: "NAME is not set; it takes a name." });
});

it("refuses an argument where none is declared, and a schema that is no object", () => {
  expect(parseOptions(z.object({}), ["here"])).toMatchObject({ problem: expect.stringMatching(/^Unexpected arg/) });
  expect(() => parseOptions(z.string(), [])).toThrow(TypeError);
});

it("prints the usage for help, and warns of a wrong option with exit code 2", () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const warnings: string[] = [];
  expect(answerOptions({ kind: "help" }, "Usage\n", (line) => warnings.push(line))).toBe(0);
  expect(answerOptions({ kind: "wrong", problem: "No." }, "Usage\n", (line) => warnings.push(line))).toBe(2);
  expect(written.mock.calls).toEqual([["Usage\n"]]);
  expect(warnings).toEqual(["No."]);
  written.mockRestore();
});
