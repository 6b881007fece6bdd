import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { ownName, produce, startServers, type TestServers } from "./servers.js";

const WAIT = { timeout: 40_000 };

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

/** Values as producers of Schema Registry frame them. */
async function sendFramed(topic: string, records: number): Promise<void> {
  const producer = new Kafka({ brokers: [servers.broker.address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from('{"any":"event"}')]);
  await producer.send({ topic, messages: Array.from({ length: records }, () => ({ value })) });
  await producer.disconnect();
}

it(
  "says where it writes, and when every record is rejected and why, until one is taken",
  { timeout: 120_000 },
  async () => {
    const topic = ownName("framed");
    await produce(servers.broker, topic, 0, 1);
    await sendFramed(topic, 30);
    const databaseUrl = new URL(await servers.createDatabase());
    const env = { ...environment(servers, databaseUrl.href, "framed"), METRICS_PORT: "0" };
    const consumer = start([], env);
    await expect
      .poll(() => consumer.text.stdout, WAIT)
      .toMatch(/EVERY RECORD IS REJECTED: \d+ in a row \(schema-registry-prefix: .*schema id 7\)/);
    expect(consumer.text.stdout).toMatch(
      /; the values are framed by a JSON serializer of .*and JSON follows after 5 bytes/,
    );
    expect(consumer.text.stdout.split("\n")[0]).toBe(
      `consumer  pipeline socmed writes to ${databaseUrl.host}${databaseUrl.pathname}`,
    );
    expect(consumer.text.stdout).not.toContain(`${databaseUrl.password}@`);
    const monitor = /http:\/\/\S+:\d+/.exec(consumer.text.stdout)?.[0];
    const ask = async (path: string) => (await fetch(`${monitor}${path}`)).text();
    expect(await ask("/readyz")).toContain("every record is rejected (schema-registry-prefix");
    expect(await ask("/metrics")).toContain("tidemark_all_rejected 1");

    await produce(servers.broker, topic, 50, 1);
    await expect.poll(() => consumer.text.stdout, WAIT).toContain("records are taken again");
    expect(await ask("/metrics")).toContain("tidemark_all_rejected 0");
    consumer.child.kill("SIGTERM");
    expect((await consumer.ended).code).toBe(0);
  },
);
