import { expect, it } from "vitest";
import { parseOptions } from "../src/options.js";

const env = { GRAFANA_URL: "http://127.0.0.1:3000/", GRAFANA_TOKEN: "glsa_x" };

it("reads a push, its address without the slash at the end", () => {
  expect(parseOptions(["push", "--dry-run"], env)).toEqual({
    kind: "run",
    options: { command: "push", dryRun: true, GRAFANA_URL: "http://127.0.0.1:3000", GRAFANA_TOKEN: "glsa_x" },
  });
});

it("reads a build, which needs nothing, and a reader", () => {
  expect(parseOptions(["build"], {})).toEqual({ kind: "run", options: { command: "build" } });
  expect(parseOptions(["reader"], { TIDEMARK_READER_PASSWORD: "secret" })).toEqual({
    kind: "run",
    options: { command: "reader", TIDEMARK_READER: "tidemark_reader", TIDEMARK_READER_PASSWORD: "secret" },
  });
  expect(parseOptions(["--help"], {})).toEqual({ kind: "help" });
});

it.each([
  [[], {}, "no command: it takes build, push or reader."],
  [["serve"], {}, "no command serve: it takes build, push or reader."],
  [["build", "--dry-run"], {}, "--dry-run is for push."],
  [["push"], {}, "GRAFANA_URL is not set; it takes Grafana's address, such as http://127.0.0.1:3000."],
  [
    ["push"],
    { ...env, GRAFANA_URL: "127.0.0.1:3000" },
    'GRAFANA_URL got "127.0.0.1:3000"; it takes Grafana\'s address, such as http://127.0.0.1:3000.',
  ],
  [
    ["push"],
    { ...env, GRAFANA_TOKEN: " " },
    "GRAFANA_TOKEN is not set; it takes the token of a service account of that Grafana.",
  ],
  [
    ["push"],
    { ...env, GRAFANA_TOKEN: "with blanks" },
    "GRAFANA_TOKEN got something else; it takes the token of a service account of that Grafana.",
  ],
  [["reader"], {}, "TIDEMARK_READER_PASSWORD is not set; it takes the password that the reader is given."],
  [["push", "--force"], env, "Unknown option '--force'; --help lists the options."],
  [["push", "now"], env, '"now" is one argument too many; --help lists the options.'],
])("says what is wrong with %j and %j", (args, given, problem) => {
  expect(parseOptions(args, given)).toEqual({ kind: "wrong", problem });
});
