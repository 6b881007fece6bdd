import { expect, it } from "vitest";
import { definePipeline, rebuildDefinition } from "../src/index.js";
import { days, hours, makeCut, makeSales, minutes, sales } from "./rebuilt-sales.js";
import { query, startServers } from "./servers.js";

const former = definePipeline({ ...sales, rollups: [minutes, hours] });
const next = definePipeline({ ...sales, rollups: [minutes, hours, days] });

/** Each of 400 days has a partition of the raw table. */
const first = makeSales(0, 800, { everyMs: 12 * 60 * 60_000 });

const connections = 20;
const withLocks = (each: number) => ({
  max_locks_per_transaction: String(each),
  max_connections: String(connections),
});

const relations = `SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits ON inhrelid = c.oid
  WHERE relkind IN ('r', 'p', 'v') AND relname LIKE 'sales%' ORDER BY relname`;

it.each([
  { work: "The switch locks", cut: [0, 0], each: 30 },
  { work: "The copy of rows locks", cut: [100, 60], each: 60 },
])(
  "$work more tables than the server has room for: the refusal changes nothing, and the setting that it names suffices",
  { timeout: 120_000 },
  async ({ work, cut, each }) => {
    const servers = await startServers(withLocks(each));
    try {
      const topic = "sales";
      const databaseUrl = await makeCut(servers, topic, { former, first, cut });
      const before = await query(databaseUrl, relations);
      expect(before.length).toBeGreaterThan(400);
      const options = { brokers: [servers.broker.address], databaseUrl, topic };
      const refusal = await rebuildDefinition(next, options).then(
        () => ({ code: "none", message: "not refused" }),
        (error: Error & { readonly code: string }) => error,
      );
      expect(refusal).toMatchObject({ code: "refused-rebuild", message: expect.stringContaining(work) });
      const [, room, suffices] =
        /the server has room for (\d+): raise max_locks_per_transaction from \d+ to (\d+)/.exec(refusal.message) ?? [];
      expect(Number(room)).toBe(each * connections);
      expect(await query(databaseUrl, relations)).toEqual(before);
      expect(await query(databaseUrl, "SELECT FROM tidemark.tables WHERE pipeline = 'sales.next'")).toEqual([]);

      await servers.restartPostgres(withLocks(Number(suffices)));
      expect(await rebuildDefinition(next, options)).toBe(true);
      const counted = "SELECT sum(sales)::int AS sales FROM shop.sales_1d";
      expect(await query(databaseUrl, counted)).toEqual([{ sales: 800 }]);
    } finally {
      await servers.close();
    }
  },
);
