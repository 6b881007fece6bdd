import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ConnectionEvent } from "../src/index.js";
import { createKafkajsPort } from "../src/kafkajs-port.js";
import { resolveOptions } from "../src/options.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { leaveFor } from "./leave-group.js";

const WAIT = { timeout: 30_000, interval: 10 };

let kafka: TestKafka;
const stop = new AbortController();
let running: Promise<void> | undefined;

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 2);
});
afterEach(async () => {
  stop.abort();
  await running;
  await kafka.close();
});

it("joins again when the group has it no longer, and says so", async () => {
  const { address, topic, group } = kafka;
  const claim = () => Promise.reject(new Error("nothing is claimed here"));
  const port = createKafkajsPort(resolveOptions({ brokers: [address], topic, group, claim }));
  const events: ConnectionEvent[] = [];
  let joins = 0;
  running = port.run(
    {
      assigned: () => void (joins += 1),
      batch: () => Promise.resolve(false),
      logEnd: () => undefined,
      event: (event) => events.push(event),
    },
    stop.signal,
  );
  await vi.waitUntil(() => joins === 1, WAIT);
  await port.confirmMembership(stop.signal);
  const isTold = () => events.some((event) => event.type === "disconnected" && "code" in event.error);
  // Its own heartbeat may notice first: then it has joined again by itself.
  while (!isTold()) {
    const { groups } = await kafka.withAdmin((admin) => admin.describeGroups([group]));
    for (const { memberId } of groups[0]?.members ?? []) await leaveFor(address, group, memberId);
    await port.confirmMembership(stop.signal).catch(() => {});
  }
  expect(events.find(({ type }) => type === "disconnected")).toMatchObject({
    error: { code: "evicted", message: expect.stringContaining(`group "${group}" no longer has this consumer`) },
  });
  await vi.waitUntil(() => events.some(({ type }) => type === "reconnected"), WAIT);
  await port.confirmMembership(stop.signal);
});
