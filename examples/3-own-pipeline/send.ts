// Sends an order to the Kafka of the running stack: npx tsx examples/3-own-pipeline/send.ts
import { readFile } from "node:fs/promises";
import { Kafka, logLevel } from "kafkajs";

const stack = JSON.parse(await readFile(".tidemark/stack.json", "utf8")) as { readonly kafkaBrokers: string[] };
const kafka = new Kafka({ brokers: stack.kafkaBrokers, logLevel: logLevel.NOTHING });
const [admin, producer] = [kafka.admin(), kafka.producer()];
await Promise.all([admin.connect(), producer.connect()]);
await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 4 }] });
const order = { orderNo: "A-1", shop: "Aarhus", cents: 1250, placedAt: new Date().toISOString() };
await producer.send({ topic: "orders", messages: [{ key: order.shop, value: JSON.stringify(order) }] });
await Promise.all([admin.disconnect(), producer.disconnect()]);
