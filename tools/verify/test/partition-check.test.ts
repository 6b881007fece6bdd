import { encode } from "@tidemark/schema";
import { expect, it } from "vitest";
import { CannotVerifyError } from "../src/errors.js";
import { createFindings } from "../src/findings.js";
import type { LogBatch } from "../src/log-reader.js";
import { checkPartition } from "../src/partition-check.js";

const largestTs = 253_402_300_799;
const size = 5_000;

/** So many events at the end of time that the sum of their times is beyond 2^53. */
async function* batches(): AsyncGenerator<LogBatch> {
  const event = { Kota: "Jakarta", Sosial_Media: "X", Usage_Count: 1, Sales: 1, Visitors: 1, PageVisitors: 1 };
  for (let from = 0; ; from += size) {
    const records = Array.from({ length: size }, (_, at) => {
      const ID = `00000000-0000-4000-8000-${String(from + at).padStart(12, "0")}`;
      const value = encode({ ...event, ID, Conversion: 1, Ts: largestTs });
      return { offset: from + at, timestampMs: -1, key: null, value };
    });
    yield { partition: 3, records, from, to: from + size };
  }
}

it("a sum that the oracle cannot tell exactly is told in one sentence", async () => {
  const range = { from: 0, to: 100_000 };
  const checking = checkPartition(
    { topic: "own", partition: 3, checkpoint: undefined, log: range, tables: range, read: range },
    batches(),
    {
      definition: {
        watermarkDelayMs: 0,
        allowedLatenessMs: 0,
        maxFutureSkewMs: 0,
        rollups: [
          { name: "times", sizeMs: 5_000, keys: [], aggregates: { sum: { kind: "sum", field: "Ts", of: "integer" } } },
        ],
      },
      tables: {
        compare: () => Promise.resolve(),
        finish: () => Promise.resolve(),
        compareRest: () => Promise.resolve([]),
        summarise: () => [],
      },
      scenario: undefined,
      findings: createFindings(1),
      isPrefix: false,
      onOffsets: () => {},
    },
  );
  const error: unknown = await checking.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CannotVerifyError);
  expect(error).toMatchObject({
    code: "inexact-sum",
    message:
      "own[3] cannot be recomputed at offset 35545: times: the sum of Ts is beyond 2^53, where doubles are not exact.",
  });
});
