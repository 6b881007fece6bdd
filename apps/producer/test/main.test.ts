import { createStream, presets } from "@tidemark/socmed/scenario";
import type { Program } from "@tidemark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPEATABLE_START_MS } from "../src/course.js";
import { createPartitioner } from "../src/partition.js";
import { connect, countRecords, type LogRecord, readTopic } from "./log-reader.js";
import { killAll, run, waitUntil } from "./processes.js";
import { ownTopic, startTestBroker, type TestBroker } from "./test-broker.js";

let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker();
});

afterAll(async () => {
  await killAll();
  await broker.close();
});

function produce(args: string): Program {
  return run("src/main.ts", args.split(" "), { KAFKA_BROKERS: broker.address });
}

async function produceAll(args: string): Promise<string> {
  const producer = produce(args);
  expect([await producer.exited, producer.stderr()]).toEqual([0, ""]);
  return producer.stdout();
}

/** What the log must hold: the stream's events by partition, in order. */
function expectedLog(name: keyof typeof presets, seed: number, count: number, rate?: number): LogRecord[] {
  const stream = createStream({
    scenario: presets[name],
    seed,
    startMs: REPEATABLE_START_MS,
    ...(rate === undefined ? {} : { rate }),
  });
  const partitionOf = createPartitioner(8);
  const ends = new Map<number, number>();
  const records = Array.from({ length: count }, (_, index) => {
    const { key, value, timestampMs } = stream.at(index);
    const partition = partitionOf(key);
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    return { partition, offset, key, value: value && Buffer.from(value).toString("latin1"), timestamp: timestampMs };
  });
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

describe("the producer", () => {
  it("sends the events that were asked for: bytes, keys, partitions, order and timestamps", async () => {
    const output = await produceAll(
      `--scenario=default --seed=7 --events=1000 --rate=max --topic=${ownTopic("exact")}`,
    );
    expect(output).toContain("sent 1,000 | ");
    expect(output).toContain("acknowledged 1,000 | failed 0");
    expect(await readTopic(broker.address, ownTopic("exact"))).toEqual(expectedLog("default", 7, 1000));
  });

  it("goes on with --start-index as if it had never ended", async () => {
    await produceAll(`--seed=7 --events=300 --rate=max --topic=${ownTopic("parts")}`);
    const output = await produceAll(`--seed=7 --events=700 --start-index=300 --rate=max --topic=${ownTopic("parts")}`);
    expect(output).toContain(
      "Go on with: --scenario=default --seed=7 --start=2024-02-03T17:00:00.000Z --start-index=1000",
    );
    expect(await readTopic(broker.address, ownTopic("parts"))).toEqual(expectedLog("default", 7, 1000));
  });

  it("keeps to the clock and to --rate's arrival times", async () => {
    const begun = performance.now();
    await produceAll(`--scenario=deck --seed=3 --events=100 --rate=100 --topic=${ownTopic("paced")}`);
    expect(performance.now() - begun).toBeGreaterThan(990);
    expect(await readTopic(broker.address, ownTopic("paced"))).toEqual(expectedLog("deck", 3, 100, 100));
  });

  it("sends a day within seconds where event time runs faster than the clock, and says how to go on so", async () => {
    const args = `--scenario=deck --seed=3 --events=100 --rate=0.001 --speed=100000 --topic=${ownTopic("fast")}`;
    const output = await produceAll(args);
    expect(await readTopic(broker.address, ownTopic("fast"))).toEqual(expectedLog("deck", 3, 100, 0.001));
    expect(output).toContain("--rate=0.001 --speed=100000 --seed=3");
  });

  it("creates the topic with 8 partitions that keep their records for ever", async () => {
    await produceAll(`--events=1 --rate=max --topic=${ownTopic("fresh")}`);
    const admin = connect(broker.address).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [ownTopic("fresh")] });
    expect(topics[0]?.partitions).toHaveLength(8);
    // 2 is a topic.
    const configs = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: ownTopic("fresh"), configNames: ["retention.ms"] }],
    });
    expect(configs.resources[0]?.configEntries).toMatchObject([{ configName: "retention.ms", configValue: "-1" }]);
    await admin.disconnect();
  });

  it("uses a topic that is there as it is, and says so if --partitions differs", async () => {
    await produceAll(`--events=1 --rate=max --topic=${ownTopic("narrow")} --partitions=2`);
    const producer = produce(`--events=50 --rate=max --topic=${ownTopic("narrow")} --partitions=5`);
    expect(await producer.exited).toBe(0);
    expect(producer.stderr()).toBe(
      `Topic ${ownTopic("narrow")} is there already, with 2 partitions: --partitions=5 has no effect.\n`,
    );
    expect(new Set((await readTopic(broker.address, ownTopic("narrow"))).map(({ partition }) => partition))).toEqual(
      new Set([0, 1]),
    );
  });

  it("draws another seed for each run and prints it", async () => {
    const outputs = await Promise.all(
      [1, 2].map((n) => produceAll(`--events=1 --rate=max --topic=${ownTopic(`seed-${n}`)}`)),
    );
    const seeds = outputs.map((output) => /seed (\d+),/.exec(output)?.[1]);
    expect(new Set(seeds).size).toBe(2);
  });

  it("starts a live run now, whatever its first index", async () => {
    const before = Date.now();
    const producer = produce(`--scenario=deck --start-index=1000 --topic=${ownTopic("live")} --json`);
    await waitUntil(() => producer.stdout().includes('"type":"record"'), producer.stderr);
    producer.child.kill("SIGTERM");
    expect(await producer.exited).toBe(0);
    const [first] = await readTopic(broker.address, ownTopic("live"));
    expect(first?.timestamp).toBeGreaterThanOrEqual(before);
    expect(first?.timestamp).toBeLessThanOrEqual(Date.now());
  });

  it("prints the metadata of each record at up to 1 event/s", async () => {
    const output = await produceAll(`--scenario=deck --seed=5 --rate=1 --events=3 --topic=${ownTopic("shown")}`);
    const printed = output.split("\n").filter((line) => line.startsWith("RecordMetadata"));
    const records = await readTopic(broker.address, ownTopic("shown"));
    expect(printed.sort()).toEqual(
      records.map(
        ({ partition, offset, timestamp }) =>
          `RecordMetadata(topic=${ownTopic("shown")}, partition=${partition}, offset=${offset}, timestamp=${timestamp})`,
      ),
    );
    expect(records).toHaveLength(3);
  });

  it("ends on SIGINT with everything flushed and counted", async () => {
    const producer = produce(`--seed=1 --rate=400 --topic=${ownTopic("stopped")} --json`);
    await waitUntil(async () => (await countRecords(broker.address, ownTopic("stopped"))) > 200, producer.stderr);
    producer.child.kill("SIGINT");
    expect(await producer.exited).toBe(0);
    const end = JSON.parse(producer.stdout().trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
    const inLog = await countRecords(broker.address, ownTopic("stopped"));
    expect(end).toMatchObject({
      type: "end",
      sent: inLog,
      acknowledged: inLog,
      failed: 0,
      unanswered: 0,
      nextIndex: inLog,
    });
  });

  it("warns before it sends events that will be late", async () => {
    await produceAll(`--scenario=deck --seed=1 --events=100 --rate=max --topic=${ownTopic("newer")}`);
    const again = produce(`--scenario=deck --seed=2 --events=10 --rate=max --topic=${ownTopic("newer")}`);
    expect(await again.exited).toBe(0);
    expect(again.stderr()).toMatch(/^Topic newer\S* holds records that are more than 5 minutes newer .* will be late/);
  });

  it("ends with exit code 1 and the reason where Kafka refuses an event for good", async () => {
    const producer = produce(`--scenario=deck --start=2999-01-01T00:00:00Z --topic=${ownTopic("future")}`);
    expect(await producer.exited).toBe(1);
    const [warning, refusal, ...more] = producer.stderr().trimEnd().split("\n");
    expect(warning).toContain("more than an hour ahead of the clock");
    expect(refusal).toMatch(/^Kafka at .* refuses: .*\.$/);
    expect(more).toEqual([]);
    expect(producer.stdout()).toMatch(/acknowledged 0 \| failed 1/);
    expect(producer.stdout()).not.toContain("Go on with");
  });

  it("says nothing of the kind where a run goes on", async () => {
    await produceAll(`--scenario=deck --seed=1 --events=100 --rate=max --topic=${ownTopic("on")}`);
    await produceAll(`--scenario=deck --seed=1 --events=100 --start-index=100 --rate=max --topic=${ownTopic("on")}`);
    expect(await countRecords(broker.address, ownTopic("on"))).toBe(200);
  });
});
