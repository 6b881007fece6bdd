import { afterEach, expect, it, vi } from "vitest";
import { createSource, readOffsets } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner } from "./partition-owner.js";

let kafka: TestKafka;

afterEach(async () => {
  vi.restoreAllMocks();
  await kafka.close();
});

// Node 24 and newer print a warning for each process that does; the delays tell on any version.
it("sets no timer with a negative delay while it reads", async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 1);
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", onWarning);
  const timers = vi.spyOn(globalThis, "setTimeout");
  await readOffsets([kafka.address], kafka.topic);
  const owner = createOwner();
  const { address, topic, group } = kafka;
  const source = createSource({ brokers: [address], topic, group, maxWaitMs: 50, claim: owner.claim });
  await source.start();
  await kafka.produce(topic, 0, 0, 20);
  await vi.waitUntil(() => owner.total() === 20, { timeout: 20_000, interval: 10 });
  await source.stop();
  process.off("warning", onWarning);
  const delays = timers.mock.calls.map(([, delayMs]) => delayMs ?? 0);
  expect(delays.length).toBeGreaterThan(0);
  expect(delays.filter((delayMs) => delayMs < 0)).toEqual([]);
  expect(warnings).not.toContain("TimeoutNegativeWarning");
});
