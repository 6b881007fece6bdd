import { expect, it } from "vitest";
import { CannotVerifyError } from "../src/errors.js";
import { createFindings } from "../src/findings.js";
import type { LogBatch } from "../src/log-reader.js";
import { checkPartition } from "../src/partition-check.js";

const large = 253_402_300_799;
const size = 5_000;
const value = Buffer.from(JSON.stringify({ amount: large, at: 0 }));

/** So many amounts in one window that their sum is beyond 2^53. */
async function* batches(): AsyncGenerator<LogBatch> {
  for (let from = 0; ; from += size) {
    const records = Array.from({ length: size }, (_, at) => ({ offset: from + at, timestampMs: -1, key: null, value }));
    yield { partition: 3, records, from, to: from + size };
  }
}

it("a sum that the oracle cannot tell exactly is told in one sentence", async () => {
  const range = { from: 0, to: 100_000 };
  const checking = checkPartition(
    { topic: "own", partition: 3, checkpoint: undefined, log: range, tables: range, read: range, unproven: undefined },
    batches(),
    {
      definition: {
        fields: [
          { name: "amount", type: { kind: "integer", min: 0, max: large }, nullable: false, optional: false },
          { name: "at", type: { kind: "time", unit: "s" }, nullable: false, optional: false },
        ],
        id: null,
        time: { field: "at", unit: "s" },
        rates: [],
        watermarkDelayMs: 0,
        allowedLatenessMs: 0,
        maxFutureSkewMs: 0,
        rollups: [
          {
            name: "amounts",
            window: { kind: "tumbling", sizeMs: 5_000 },
            keys: [],
            aggregates: { sum: { kind: "sum", field: "amount", of: "integer" } },
          },
        ],
      },
      excluded: new Set(),
      decisions: { ask: () => undefined, confirm: () => Promise.resolve() },
      tables: {
        compare: () => Promise.resolve(),
        finish: () => Promise.resolve(),
        compareRest: () => Promise.resolve({ views: [], changeable: 0 }),
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
      "own[3] cannot be recomputed at offset 35545: amounts: the sum of amount is beyond 2^53, where doubles are not exact.",
  });
});
