import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { deleteTopic, ownName, produce, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 100_000 };
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it(
  "waits for a topic that was deleted, says so, and refuses one made anew with what to do, exit code 2",
  { timeout: 240_000 },
  async () => {
    const databaseUrl = await servers.createDatabase();
    const topic = ownName("anew");
    await produce(servers.broker, topic, 800, 2);
    const { ended, text } = start([], environment(servers, databaseUrl, "anew"));
    await expect.poll(() => readLedger(databaseUrl).catch(() => undefined), patience).toMatchObject({ read: 800 });
    await deleteTopic(servers.broker, topic);
    await expect.poll(() => text.stdout, patience).toContain(`waiting for topic ${topic}`);

    await produce(servers.broker, topic, 100, 2, 800);
    const { code, stderr } = await ended;
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/Partition [01] of ".*" ends at offset \d+, below \d+, where reading was to go on/);
    expect(stderr).toContain("Begin anew with another database or TIDEMARK_DIR");
    expect(code).toBe(2);
    expect(await readLedger(databaseUrl)).toMatchObject({ read: 800, lost: 0 });
  },
);

/** Makes the topic, with the same number of records in each partition. */
async function send(topic: string, records: number, numPartitions: number, timestampMs: number): Promise<void> {
  const kafka = new Kafka({ brokers: [servers.broker.address], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer({ allowAutoTopicCreation: false })];
  await Promise.all([admin.connect(), producer.connect()]);
  const configEntries = [{ name: "retention.ms", value: "-1" }];
  await expect
    .poll(() => admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }).catch(() => false), patience)
    .toBe(true);
  const messages = Array.from({ length: records }, (_, index) => ({
    partition: index % numPartitions,
    value: `record ${index}`,
    timestamp: String(timestampMs + index),
  }));
  if (records > 0) await producer.send({ topic, messages });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

it.each([
  [
    "as many other records",
    200,
    2,
    /Offset \d+ of partition 0 of ".*" holds another record than the one that was read there/,
  ],
  ["fewer records", 20, 2, /Partition 0 of ".*" ends at offset \d+, below \d+, where reading was to go on/],
  ["no records", 0, 2, /Partition 0 of ".*" ends at offset 0, below \d+/],
  ["fewer partitions", 200, 1, /Partition 1 of ".*" ends at offset 0, below \d+|Offset \d+ of partition 0/],
])(
  "--until-caught-up, which has nothing to read, refuses a topic that was made anew with %s",
  { timeout: 240_000 },
  async (what, records, partitions, refusal) => {
    const name = what.replaceAll(" ", "-");
    const env = environment(servers, await servers.createDatabase(), name);
    const topic = ownName(name);
    await send(topic, 200, 2, 1_706_980_000_000);
    expect((await start(["--until-caught-up"], env).ended).code).toBe(0);
    expect((await start(["--until-caught-up"], env).ended).code).toBe(0);
    await deleteTopic(servers.broker, topic);
    await send(topic, records, partitions, 1_706_990_000_000);
    const { code, stderr, stdout } = await start(["--until-caught-up"], env).ended;
    expect(stderr).toMatch(refusal);
    expect(stdout).not.toContain("caught up");
    expect(code).toBe(2);
  },
);
