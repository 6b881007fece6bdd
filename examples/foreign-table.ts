// A Kafka topic and a Postgres table that are not ours: each message there exactly once, though the consumer stops and begins
// again in between. The servers are embedded ones; with your own, only what lies between the two lines is needed.
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { startPostgres } from "@tidemark/embedded-postgres";
import { createSink, migrate } from "@tidemark/sinks";
import { createSource, readClusterId } from "@tidemark/sources";
import { integer, pgSchema, text, timestamp } from "drizzle-orm/pg-core";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";

const directory = await mkdtemp(join(tmpdir(), "foreign-table-"));
// Postgres may run as another user, who has to get in.
await chmod(directory, 0o755);
const broker = await startBroker({ dataDir: join(directory, "kafka") });
const postgres = await startPostgres({ dataDir: join(directory, "postgres") });
const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 1 }] });
await admin.disconnect();
const client = new Client({ connectionString: postgres.databaseUrl });
await client.connect();
await client.query(`CREATE SCHEMA shop;
  CREATE TABLE shop.orders (order_no text PRIMARY KEY, customer text NOT NULL, cents integer NOT NULL, placed_at timestamptz NOT NULL)`);

// ---------------------------------------------------------------------------------------------------------------------
const orders = pgSchema("shop").table("orders", {
  number: text("order_no").primaryKey(),
  customer: text("customer").notNull(),
  amount: integer("cents").notNull(),
  placedAt: timestamp("placed_at", { withTimezone: true }).notNull(),
});

/** Reads until the topic holds nothing more. */
async function consume(databaseUrl: string, brokers: readonly string[]): Promise<void> {
  const pipeline = { data: { name: "orders", allowedLatenessMs: 0 }, tables: { raw: { table: orders }, rollups: [] } };
  await migrate(pipeline, databaseUrl); // the schema `tidemark`, where offsets are kept
  const sink = createSink({
    databaseUrl,
    topic: "orders",
    group: "shop",
    clusterId: await readClusterId(brokers),
    pipeline,
  });
  const source = createSource({
    brokers,
    topic: "orders",
    group: "shop",
    async claim(partition, { logStartOffset, logEndOffset }) {
      const claim = await sink.claim(partition, logStartOffset);
      let { nextOffset, ledger } = claim;
      if (nextOffset >= logEndOffset) void source.stop();
      return {
        nextOffset,
        async accept(batch) {
          const rows = sink.openBuffer(partition);
          const read = batch.records.map(({ value }) => JSON.parse(String(value)) as typeof orders.$inferInsert);
          rows.add({ rows: read.map((order) => ({ ...order, placedAt: new Date(order.placedAt) })) });
          ledger = {
            ...ledger,
            read: ledger.read + read.length,
            counted: ledger.counted + read.length,
            skipped: ledger.skipped + batch.skipped,
            lost: ledger.lost + batch.lost,
          };
          const { watermarkMs, maxEventTimeMs } = claim;
          const checkpoint = { nextOffset: batch.nextOffset, watermarkMs, maxEventTimeMs, ledger, changed: [] };
          await sink.commit(claim, nextOffset, checkpoint, rows); // rows and offset, or neither
          ({ nextOffset } = batch);
          if (nextOffset >= batch.logEndOffset) void source.stop();
        },
        async close() {},
      };
    },
  });
  await source.start();
  await source.done;
  await sink.close();
}
// ---------------------------------------------------------------------------------------------------------------------

const producer = kafka.producer();
await producer.connect();
for (const numbers of [[1, 2, 3], [4, 5], []]) {
  const messages = numbers.map((number) => ({
    value: JSON.stringify({
      number: `A-${number}`,
      customer: "Sari",
      amount: 100 * number,
      placedAt: "2024-02-03T17:00Z",
    }),
  }));
  if (messages.length > 0) await producer.send({ topic: "orders", messages });
  await consume(postgres.databaseUrl, [broker.address]);
  const { rows } = await client.query("SELECT count(*) AS orders, sum(cents) AS cents FROM shop.orders");
  const { rows: stored } = await client.query("SELECT next_offset, epoch FROM tidemark.checkpoints");
  console.log({ ...rows[0], ...stored[0] });
}
await producer.disconnect();
await client.end();
await postgres.close();
await broker.close();
await rm(directory, { recursive: true });
