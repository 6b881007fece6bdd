import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent, type SourceOptions } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range } from "./partition-owner.js";

const WAIT = { timeout: 20_000, interval: 10 };

let kafka: TestKafka;
let topics = 0;
const sources: Source[] = [];
const events: SourceEvent[] = [];

beforeAll(async () => {
  kafka = await startKafka();
});
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.stop()));
  events.length = 0;
});
afterAll(() => kafka.close());

async function makeTopic(partitions: number): Promise<string> {
  topics += 1;
  const topic = `${kafka.topic}-${topics}`;
  await kafka.createTopic(topic, partitions);
  return topic;
}

function open(topic: string, options: Pick<SourceOptions, "claim"> & Partial<SourceOptions>): Source {
  const source = createSource({
    brokers: [kafka.address],
    topic,
    group: `group-of-${topic}`,
    maxWaitMs: 50,
    onEvent: (event) => events.push(event),
    ...options,
  });
  sources.push(source);
  return source;
}

describe("a source", () => {
  it("gives every record once and in order, over several partitions", async () => {
    const topic = await makeTopic(5);
    for (const partition of range(0, 5)) await kafka.produce(topic, partition, 0, 200);
    const owner = createOwner();
    const source = open(topic, { claim: owner.claim, maxBytesPerPartition: 1_000 });
    await source.start();
    for (const partition of range(0, 5)) await kafka.produce(topic, partition, 200, 300);
    await vi.waitUntil(() => owner.total() >= 1_500, WAIT);
    for (const partition of range(0, 5)) {
      expect(owner.values(partition)).toEqual(range(0, 300));
      expect(owner.rows.get(partition)).toMatchObject({ nextOffset: 300, read: 300, skipped: 0, lost: 0, epoch: 1 });
    }
    expect(events).toContainEqual({ type: "connected" });
    expect(events).toContainEqual({ type: "assigned", partitions: [0, 1, 2, 3, 4] });
  });

  it("hands over keys, values, timestamps and the log's end", async () => {
    const topic = await makeTopic(1);
    await kafka.produce(topic, 0, 7, 9);
    const seen: unknown[] = [];
    const owner = createOwner({
      async beforeCommit(_, { records, logEndOffset }) {
        seen.push(logEndOffset);
        for (const { offset, timestampMs, key, value } of records) {
          seen.push([offset, timestampMs, Buffer.from(key ?? []).toString(), Buffer.from(value ?? []).toString()]);
        }
      },
    });
    await open(topic, { claim: owner.claim }).start();
    await vi.waitUntil(() => owner.total() === 2, WAIT);
    expect(seen).toEqual([2, [0, 7, "key-7", "7"], [1, 8, "key-8", "8"]]);
  });

  it("resumes in the middle of a batch, where the owner says", async () => {
    const topic = await makeTopic(2);
    await kafka.produce(topic, 0, 0, 100);
    await kafka.produce(topic, 1, 0, 100);
    const owner = createOwner({ startAt: (partition) => (partition === 0 ? 42 : 100) });
    await open(topic, { claim: owner.claim }).start();
    await vi.waitUntil(() => owner.total() === 58, WAIT);
    await kafka.produce(topic, 1, 100, 101);
    await vi.waitUntil(() => owner.total() === 59, WAIT);
    expect(owner.values(0)).toEqual(range(42, 100));
    expect(owner.values(1)).toEqual([100]);
  });

  it("waits for a topic that is created late, and never creates it", async () => {
    const topic = `${kafka.topic}-late`;
    const owner = createOwner();
    const started = open(topic, { claim: owner.claim }).start();
    await vi.waitUntil(() => events.some(({ type }) => type === "waiting-for-topic"), WAIT);
    const before = await kafka.withAdmin((admin) => admin.listTopics());
    await kafka.createTopic(topic, 1);
    await started;
    await kafka.produce(topic, 0, 0, 10);
    await vi.waitUntil(() => owner.total() === 10, WAIT);
    expect(before).not.toContain(topic);
    expect(owner.values(0)).toEqual(range(0, 10));
    expect(events.filter(({ type }) => type === "waiting-for-topic")).toHaveLength(1);
  });

  it("lets the tasks commit what they hold when it stops, and leaves it when told so", async () => {
    const topic = await makeTopic(2);
    await kafka.produce(topic, 0, 0, 50);
    await kafka.produce(topic, 1, 0, 50);
    const accepted = new Map<number, number>();
    const options = {
      holdUntilFlush: true,
      async beforeCommit(partition: number, { nextOffset }: { nextOffset: number }) {
        accepted.set(partition, nextOffset);
      },
    };
    const dropping = createOwner(options);
    const first = open(topic, { claim: dropping.claim });
    await first.start();
    await vi.waitUntil(() => accepted.get(0) === 50 && accepted.get(1) === 50, WAIT);
    await first.stop({ flush: false });
    await first.done;
    expect(dropping.total()).toBe(0);

    accepted.clear();
    const flushing = createOwner(options);
    const second = open(topic, { claim: flushing.claim });
    await second.start();
    await vi.waitUntil(() => accepted.get(0) === 50 && accepted.get(1) === 50, WAIT);
    await second.stop();
    expect(flushing.values(0)).toEqual(range(0, 50));
    expect(flushing.values(1)).toEqual(range(0, 50));
  });

  it("tells Kafka's lag tools what it is told to, and reads nothing from there", async () => {
    const topic = await makeTopic(2);
    await kafka.produce(topic, 1, 0, 30);
    const owner = createOwner();
    const source = open(topic, { claim: owner.claim });
    await source.start();
    await vi.waitUntil(() => owner.total() === 30, WAIT);
    source.commit(1, 30);
    source.commit(7, 5);
    await source.stop();
    const groups = await kafka.withAdmin((admin) =>
      admin.fetchOffsets({ groupId: `group-of-${topic}`, topics: [topic] }),
    );
    expect(groups[0]?.partitions.find(({ partition }) => partition === 1)?.offset).toBe("30");

    // Where to read from, the owner alone says.
    const another = createOwner();
    await open(topic, { claim: another.claim }).start();
    await vi.waitUntil(() => another.total() === 30, WAIT);
  });

  it("ends by an error of a claim that no retry can help, when it has let go of the other partitions", async () => {
    const topic = await makeTopic(2);
    const owner = createOwner();
    const refusal = Object.assign(new Error("another definition"), { code: "definition-changed" });
    const source = open(topic, {
      claim: (partition, context) => (partition === 0 ? owner.claim(partition, context) : Promise.reject(refusal)),
    });
    await source.start();
    await expect(source.done).rejects.toBe(refusal);
    expect(events.at(-1)).toEqual({ type: "crashed", error: refusal });
  });

  it("tries a claim again whose error says so", async () => {
    const topic = await makeTopic(1);
    await kafka.produce(topic, 0, 0, 10);
    const owner = createOwner();
    let refusals = 0;
    const error = Object.assign(new Error("the database is away"), { retryable: true });
    const source = open(topic, {
      async claim(partition, context) {
        refusals += 1;
        if (refusals < 3) throw error;
        return owner.claim(partition, context);
      },
    });
    await source.start();
    await vi.waitUntil(() => owner.total() === 10, WAIT);
    expect(events.filter(({ type }) => type === "retrying")).toHaveLength(2);
  });

  it("refuses a log that ends below the offset to read from, though there is nothing in it to read", async () => {
    const topic = await makeTopic(1);
    const source = open(topic, { claim: createOwner({ startAt: () => 11 }).claim });
    await source.start();
    await expect(source.done).rejects.toMatchObject({ code: "log-behind" });
  });

  it("tells a claim where the log begins and ends", async () => {
    const topic = await makeTopic(1);
    await kafka.produce(topic, 0, 0, 10);
    const owner = createOwner();
    const contexts: unknown[] = [];
    const source = open(topic, {
      claim(partition, context) {
        contexts.push(context);
        return owner.claim(partition, context);
      },
    });
    await source.start();
    await vi.waitUntil(() => owner.total() === 10, WAIT);
    expect(contexts).toEqual([{ logStartOffset: 0, logEndOffset: 10 }]);
  });

  it("can be stopped before it was started, and while it waits for its topic", async () => {
    const idle = open("never-there", { claim: createOwner().claim });
    await idle.stop();
    await expect(idle.done).resolves.toBeUndefined();
    const waiting = open("never-there", { claim: createOwner().claim });
    const started = waiting.start();
    await vi.waitUntil(() => events.some(({ type }) => type === "waiting-for-topic"), WAIT);
    await waiting.stop();
    await Promise.all([started, waiting.done]);
  });
});
