import type { Program } from "@tidemark/testkit";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStream, presets } from "@tidemark/socmed/scenario";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPEATABLE_START_MS } from "../src/course.js";
import { countRecords, readTopic } from "./log-reader.js";
import { startLossyProxy } from "./lossy-proxy.js";
import { findPort, killAll, run, runBroker, waitUntil } from "./processes.js";
import { givenBroker, ownTopic } from "./test-broker.js";

let dataDir: string;
let port: number;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tidemark-outage-"));
  port = await findPort();
});

afterEach(async () => {
  await killAll();
  rmSync(dataDir, { recursive: true, force: true });
});

function produce(args: string, brokers = `127.0.0.1:${port}`): Program {
  return run("src/main.ts", args.split(" "), { KAFKA_BROKERS: brokers });
}

/** What a topic holds is what the producer was to send, each event once. */
async function isOnce(address: string, topic: string, seed: number, count: number, rate?: number): Promise<void> {
  const stream = createStream({
    scenario: presets.default,
    seed,
    startMs: REPEATABLE_START_MS,
    ...(rate === undefined ? {} : { rate }),
  });
  const perKey = new Map<string, (string | null)[]>();
  for (let index = 0; index < count; index++) {
    const { key, value } = stream.at(index);
    perKey.set(key, [...(perKey.get(key) ?? []), value && Buffer.from(value).toString("latin1")]);
  }
  const found = new Map<string, (string | null)[]>();
  for (const { key, value } of await readTopic(address, topic)) {
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  expect(found).toEqual(perKey);
}

const sum = (a: number, b: number): number => a + b;

// Of a broker that was given there is only the address: it is not for a test to kill.
describe.skipIf(givenBroker !== undefined)("while Kafka is away, the producer", () => {
  it("waits at the start, says so once, and begins when it is there", async () => {
    const producer = produce("--seed=1 --events=100 --rate=max --topic=start");
    await waitUntil(() => producer.stderr().includes("Waiting for it"));
    const { address } = await runBroker(dataDir, port);
    expect(await producer.exited).toBe(0);
    expect(producer.stderr().trim().split("\n")).toEqual([
      expect.stringMatching(/^Kafka at 127\.0\.0\.1:\d+ is not available \(connect ECONNREFUSED .*\)\. Waiting for it/),
      `Kafka at 127.0.0.1:${port} is back.`,
    ]);
    await isOnce(address, "start", 1, 100);
  });

  it("says what it waits for where nothing answers, and does not give up", async () => {
    const silent = createServer((socket) => void socket.on("error", () => {})).listen(port, "127.0.0.1");
    await once(silent, "listening");
    const producer = produce("--seed=1 --events=100 --rate=max --topic=silent");
    await waitUntil(() => producer.stderr().includes(`Waiting for an answer of Kafka at 127.0.0.1:${port}.`));
    expect(producer.child.exitCode).toBeNull();
    silent.close();
  });

  it.each([
    ["at a rate", "--rate=1000", 6_000, 1000],
    ["as fast as it goes", "--rate=max", 80_000, undefined],
  ])("loses and doubles nothing when the broker is killed twice (%s)", async (_how, option, count, rate) => {
    const dying = (share: number) => runBroker(dataDir, port, { topic: "killed", beyond: share * count });
    const first = await dying(0.2);
    const producer = produce(`--seed=2 --events=${count} ${option} --topic=killed`);
    const saysOfOutages = (times: number) =>
      waitUntil(() => producer.stderr().split("Waiting for it").length > times, producer.stdout);
    await first.gone;
    await saysOfOutages(1);
    await (
      await dying(0.4)
    ).gone;
    await saysOfOutages(2);
    await runBroker(dataDir, port);
    expect(await producer.exited).toBe(0);
    expect(producer.stdout()).toContain(`acknowledged ${count.toLocaleString("en-US")} | failed 0`);
    await isOnce(`127.0.0.1:${port}`, "killed", 2, count, rate);
  });

  it("ends at SIGINT if it has not begun", async () => {
    const producer = produce("--events=100 --topic=none");
    await waitUntil(() => producer.stderr().includes("Waiting for it"));
    producer.child.kill("SIGINT");
    expect(await producer.exited).toBe(0);
  });

  it("ends at once at the second signal, and holds little meanwhile", async () => {
    const broker = await runBroker(dataDir, port);
    const producer = produce("--seed=1 --rate=2000 --topic=twice --json");
    await waitUntil(async () => (await countRecords(broker.address, "twice")) > 100);
    await broker.kill();
    await waitUntil(() => producer.stderr().includes("Waiting for it"));
    producer.child.kill("SIGINT");
    await waitUntil(() => producer.stderr().includes("signal again"));
    producer.child.kill("SIGINT");
    expect(await producer.exited).toBe(130);
  });
});

it("doubles nothing when answers are lost", async () => {
  const count = 30_000;
  const topic = ownTopic("lossy");
  const address = givenBroker ?? (await runBroker(dataDir, port)).address;
  const stream = createStream({ scenario: presets.default, seed: 3, startMs: REPEATABLE_START_MS });
  const bytes = Array.from({ length: count }, (_, index) => stream.at(index).value?.length ?? 0).reduce(sum);
  const proxy = await startLossyProxy(address, [0.1 * bytes, 0.3 * bytes, 0.5 * bytes]);
  const producer = produce(`--seed=3 --events=${count} --rate=max --topic=${topic}`, proxy.address);
  expect(await producer.exited).toBe(0);
  expect(proxy.lost()).toBe(3);
  expect(producer.stdout()).toContain("acknowledged 30,000 | failed 0");
  await isOnce(address, topic, 3, count);
  await proxy.close();
});
