import { expect, test } from "vitest";
import { explainFailure } from "../src/errors.js";
import { startPostgres } from "../src/index.js";

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

const advice = 'give startPostgres the directory of its cluster, such as { dataDir: ".data/postgres" }.';

test.each([
  [undefined, "dataDir is missing"],
  [{}, "dataDir is missing"],
  [{ dataDir: "" }, 'dataDir is ""'],
  [{ dataDir: 5 }, "dataDir is 5"],
])("a cluster without a data directory, by %j, is refused with what to give", async (options, problem) => {
  await expect(startPostgres(options as never)).rejects.toMatchObject({
    name: "EmbeddedPostgresError",
    code: "unusable-directory",
    message: `${problem}: ${advice}`,
  });
});
