// Runs the orders pipeline until it has caught up with its topic, then queries the tables that it wrote.
import { runPipeline } from "@tidemark/pipeline";
import { openSql } from "@tidemark/sinks";
import { drizzle } from "drizzle-orm/postgres-js";
import { orders } from "./orders.js";

export async function main(brokers: readonly string[], databaseUrl: string): Promise<void> {
  const run = runPipeline(orders, { brokers, databaseUrl });
  const { ledger } = await run.caughtUp();
  await run.stop();
  const { read, counted, duplicate, late, rejected } = ledger;
  console.log({ read, counted, duplicate, late, rejected });

  const sql = openSql(databaseUrl, { onnotice: () => {} });
  const database = drizzle(sql);
  const { orders_1m: minutes, orders_1h: hours } = orders.tables.rollups;
  for (const window of await database.select().from(minutes).orderBy(minutes.window_start, minutes.shop)) {
    const { shop, orders: count, cents, cents_mean_sum: sum, cents_min, cents_max } = window;
    console.log(window.window_start.toISOString(), shop, { count, cents, mean: sum / count, cents_min, cents_max });
  }
  console.log(
    "hours",
    (await database.select({ orders: hours.orders }).from(hours)).map((hour) => hour.orders),
  );
  const { rejected: wrong } = orders.tables;
  for (const { reason, field, received } of await database.select().from(wrong)) console.log(reason, field, received);
  await sql.end();
}
