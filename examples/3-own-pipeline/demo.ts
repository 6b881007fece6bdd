// Embedded servers and ten sample orders, so that the example runs with Node alone:
// npx tsx --conditions=@tidemark/source examples/3-own-pipeline/demo.ts
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "@tidemark/embedded-kafka";
import { startPostgres } from "@tidemark/embedded-postgres";
import { Kafka, logLevel } from "kafkajs";
import { main } from "./main.js";

const directory = await mkdtemp(join(tmpdir(), "own-pipeline-"));
await chmod(directory, 0o755); // Postgres may run as another user
const broker = await startBroker({ dataDir: join(directory, "kafka") });
const { databaseUrl, close: closePostgres } = await startPostgres({ dataDir: join(directory, "postgres") });

const order = (orderNo: string, shop: string, cents: unknown, time: string) =>
  JSON.stringify({ orderNo, shop, cents, placedAt: `2024-03-01T${time}Z` });
const values = [
  order("A-1", "Aarhus", 1250, "10:00:05"),
  order("A-2", "Aarhus", 750, "10:00:30.250"),
  order("B-1", "Bergen", 4000, "10:00:59"),
  order("A-2", "Aarhus", 750, "10:00:30.250"), // sent twice
  order("B-2", "Bergen", "40.00", "10:01:10"), // a text in place of a number
  order("A-3", "Aarhus", 300, "10:04:00"), // the watermark is now 10:02:00
  order("B-3", "Bergen", 990, "10:01:30"), // its minute has closed
  order("B-4", "Bergen", 2500, "10:03:59"),
  "{", // no JSON
];
const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer();
await Promise.all([admin.connect(), producer.connect()]);
await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 1 }] });
await producer.send({ topic: "orders", messages: values.map((value) => ({ value })) });
await Promise.all([admin.disconnect(), producer.disconnect()]);

await main([broker.address], databaseUrl);

await closePostgres();
await broker.close();
await rm(directory, { recursive: true });
