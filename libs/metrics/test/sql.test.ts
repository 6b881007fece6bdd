import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@tidemark/embedded-postgres";
import {
  addRate,
  countViolations,
  defineRate,
  emptyRateSum,
  evaluateRate,
  isViolation,
  meanRate,
  meanSql,
  nullCountSql,
  pooledRate,
  pooledSql,
  quoteIdentifier,
  rateSql,
  violationCountSql,
  violationSql,
  wilsonInterval,
  wilsonSql,
} from "@tidemark/metrics";
import { refundRate, row, shopRates, shopViolations, type Row } from "./rows.js";

const FIELDS = ["orders", "returns", "refunds"] as const;
const rows = fc.array(row, { minLength: 1, maxLength: 2000, size: "max" });
const runs = { numRuns: 10 };

const opened: (() => Promise<void>)[] = [];
let client: pg.Client;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-metrics-"));
  opened.push(() => rm(directory, { recursive: true, force: true }));
  // Where these tests run as root, Postgres runs as a user who must be able to enter.
  await chmod(directory, 0o755);
  const server = await startPostgres({ dataDir: join(directory, "postgres") });
  opened.push(() => server.close());
  client = new pg.Client({ connectionString: server.databaseUrl });
  opened.push(() => client.end());
  await client.connect();
});
afterAll(async () => {
  for (const close of opened.toReversed()) await close();
});

/** What a query over the rows, in their order ("at"), gives; their columns are of the type, and named as the fields are. */
async function query(
  type: string,
  values: readonly Row[],
  select: string,
): Promise<readonly Record<string, unknown>[]> {
  const arrays = FIELDS.map((_, index) => `$${index + 1}::${type}[]`).join(", ");
  const names = FIELDS.map(quoteIdentifier).join(", ");
  const text = `select ${select} from unnest(${arrays}) with ordinality as input(${names}, at)`;
  const columns = FIELDS.map((field) => values.map((value) => value[field]));
  return (await client.query<Record<string, unknown>>(text, columns)).rows;
}

/** The eight bytes of a double as Postgres's float8send gives them. */
function bits(value: number | null): string | null {
  if (value === null) return null;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

const bitsSql = (expression: string): string => `encode(float8send(${expression}), 'hex')`;
const sumOf = (values: readonly Row[], field: keyof Row): number =>
  values.reduce((sum, value) => sum + value[field], 0);

describe("the text", () => {
  test("of a rate has the casts before the division, and its scale last", () => {
    expect(rateSql(refundRate, quoteIdentifier)).toBe(
      '("refunds"::float8 / nullif("orders", 0)::float8 * 100::float8)',
    );
  });

  test("of an identifier doubles its quotes", () => {
    expect(quoteIdentifier('a"b')).toBe('"a""b"');
  });
});

describe("on Postgres", () => {
  test.each(["int4", "int8", "numeric", "float8"])(
    "the rates of rows of %s equal TypeScript's to the last bit",
    async (type) => {
      await fc.assert(
        fc.asyncProperty(rows, fc.double({ min: 1e-200, max: 1e200, noNaN: true }), async (values, scale) => {
          const scaled = defineRate({ ...refundRate, name: "scaled", scale, unit: "times" });
          const rates = [...shopRates, scaled];
          const select = rates.map((rate) => `${bitsSql(rateSql(rate, quoteIdentifier))} as ${rate.name}`);
          const answer = await query(type, values, select.join(", "));
          expect(answer).toEqual(
            values.map((value) =>
              Object.fromEntries(rates.map((rate) => [rate.name, bits(evaluateRate(rate, value))])),
            ),
          );
        }),
        runs,
      );
    },
  );

  test.each(["int4", "int8"])("the pooled rates of rows of %s equal TypeScript's to the last bit", async (type) => {
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const select = shopRates.map((rate) => `${bitsSql(pooledSql(rate, quoteIdentifier))} as ${rate.name}`);
        const sums = {
          orders: sumOf(values, "orders"),
          returns: sumOf(values, "returns"),
          refunds: sumOf(values, "refunds"),
        };
        expect(await query(type, values, select.join(", "))).toEqual([
          Object.fromEntries(shopRates.map((rate) => [rate.name, bits(pooledRate(rate, sums))])),
        ]);
      }),
      runs,
    );
  });

  test("the ends of Wilson's interval equal TypeScript's, and are null where that is", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const sums = {
          orders: sumOf(values, "orders"),
          returns: sumOf(values, "returns"),
          refunds: sumOf(values, "refunds"),
        };
        const ends = (["low", "high"] as const).map(
          (end) => `${wilsonSql(refundRate, quoteIdentifier, end)} as ${end}`,
        );
        const [answer] = await query("int4", values, ends.join(", "));
        const interval = wilsonInterval(refundRate, sums);
        const apart = (["low", "high"] as const).map((end) => Number(answer?.[end]) - (interval?.[end] ?? 0));
        expect(Object.values(answer ?? {}).includes(null)).toBe(interval === null);
        for (const difference of apart) expect(Math.abs(difference)).toBeLessThanOrEqual(1e-9);
      }),
      runs,
    );
  });

  test("a sum of rates in the order of the rows equals the accumulator's to the last bit", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const total = values.map((value) => evaluateRate(refundRate, value)).reduce(addRate, emptyRateSum);
        const rate = rateSql(refundRate, quoteIdentifier);
        const select = `${bitsSql(`coalesce(sum(${rate} order by at), 0)`)} as sum, count(${rate})::int as count`;
        expect(await query("int4", values, select)).toEqual([{ sum: bits(total.sum), count: total.count }]);
      }),
      runs,
    );
  });

  test("the mean of rollup rows, and the nulls beside it, equal TypeScript's", async () => {
    const group = fc.array(row, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 50 }), async (groups) => {
        const rates = groups.map((values) => values.map((value) => evaluateRate(refundRate, value)));
        const totals = rates.map((values) => values.reduce(addRate, emptyRateSum));
        // One sum of float8 in the order of the array, then one division.
        const whole = {
          sum: totals.reduce((sum, total) => sum + total.sum, 0),
          count: totals.reduce((count, total) => count + total.count, 0),
        };
        const text = `select ${bitsSql(meanSql(refundRate, quoteIdentifier))} as mean,
            ${nullCountSql(refundRate, quoteIdentifier)}::int as nulls
          from unnest($1::float8[], $2::int8[], $3::int8[]) as rollup(refund_rate_sum, refund_rate_count, events)`;
        const answer = await client.query(text, [
          totals.map(({ sum }) => sum),
          totals.map(({ count }) => count),
          groups.map((values) => values.length),
        ]);
        expect(answer.rows).toEqual([
          { mean: bits(meanRate(whole)), nulls: totals.reduce((nulls, total) => nulls + total.nulls, 0) },
        ]);
      }),
      runs,
    );
  });

  test("no rows have no mean and no pooled rate", async () => {
    const pooled = pooledSql(refundRate, quoteIdentifier);
    expect(await query("int4", [], `${pooled} as pooled`)).toEqual([{ pooled: null }]);
    const mean = meanSql(refundRate, () => "0::int8");
    expect(await query("int4", [], `${mean} as mean`)).toEqual([{ mean: null }]);
  });

  test("rollup rows whose events have no rate have no mean", async () => {
    const mean = meanSql(refundRate, () => "0::int8");
    const events = [{ orders: 0, returns: 0, refunds: 1 }];
    expect(await query("int4", events, `${mean} as mean`)).toEqual([{ mean: null }]);
  });

  test("violations of rows, and their number, equal TypeScript's", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const flags = shopViolations.map((each) => `${violationSql(each, quoteIdentifier)} as ${each.name}`);
        expect(await query("int4", values, flags.join(", "))).toEqual(
          values.map((value) =>
            Object.fromEntries(shopViolations.map((each) => [each.name, isViolation(each, value)])),
          ),
        );
        const counts = shopViolations.map((each) => `${violationCountSql(each, quoteIdentifier)}::int as ${each.name}`);
        expect(await query("int4", values, counts.join(", "))).toEqual([
          Object.fromEntries(shopViolations.map((each) => [each.name, countViolations(each, values)])),
        ]);
      }),
      runs,
    );
  });
});
