import { expect, test } from "vitest";
import { explainFailure } from "../src/errors.js";

test.each([
  [["FATAL:  could not write lock file: No space left on device"], "disk-full"],
  [['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', "FATAL: no socket"], "port-in-use"],
  [['FATAL:  lock file "postmaster.pid" already exists'], "in-use"],
  [["FATAL:  something else"], "start-failed"],
  [[], "start-failed"],
])("the lines %j mean %s", (lines, code) => {
  expect(explainFailure("Postgres did not start", lines, "start-failed")).toMatchObject({ code });
});

test("a failure without a name of its own keeps Postgres's words", () => {
  const { message } = explainFailure("Postgres did not start", ["FATAL:  a", "DETAIL:  b"], "start-failed");
  expect(message).toBe("Postgres did not start:\nFATAL:  a\nDETAIL:  b");
});
