import { migrate } from "@tidemark/sinks";
import { socmedPipeline } from "@tidemark/socmed/tables";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConsumerState } from "../src/monitor/consumer-state.js";
import { runConsumer } from "../src/run-consumer.js";
import { Recorder } from "./recorder.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

// A poll gives up after 1 s by default.
const topic = ownName("rebalanced");
const events = 100;

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await migrate(socmedPipeline, databaseUrl);
  await produce(servers.broker, topic, events, 2);
});
afterAll(() => servers.close());

function consume() {
  const state = new ConsumerState();
  const reporter = new Recorder();
  const stopping = new AbortController();
  const ended = runConsumer(
    {
      untilCaughtUp: false,
      acceptLoss: false,
      output: "status",
      topic,
      group: topic,
      watermarkDelayMs: 300_000,
      allowedLatenessMs: 0,
      maxFutureSkewMs: 60_000,
      stopTimeoutMs: 10_000,
      monitor: undefined,
    },
    {
      brokers: [servers.broker.address],
      clusterId: servers.broker.clusterId,
      databaseUrl,
      reporter,
      state,
      signal: stopping.signal,
    },
  );
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { state, reporter, stop };
}

const readEpoch = async (partition: number) =>
  Number(
    (await query(databaseUrl, `SELECT epoch FROM tidemark.checkpoints WHERE partition = ${partition}`))[0]?.["epoch"],
  );

it("a partition that goes to another member while it is being claimed is not counted as one's own", async () => {
  const before = consume();
  await expect.poll(() => readLedger(databaseUrl)).toMatchObject({ offsets: events });
  await before.stop();

  const blocker = new Client({ connectionString: databaseUrl });
  await blocker.connect();
  await blocker.query("BEGIN; SELECT FROM tidemark.checkpoints FOR UPDATE");
  const assignments = ({ reporter }: typeof before) =>
    reporter.notes.filter((note) => note.startsWith("reads partition"));
  const first = consume();
  await expect.poll(() => assignments(first)).toHaveLength(1);
  const second = consume();
  const gained = () => /^reads partitions (\d) of/.exec(assignments(second).at(-1) ?? "")?.[1] ?? "none";
  await expect.poll(gained).not.toBe("none");
  await blocker.end();

  const lost = Number(gained());
  // Claimed by the first in vain, and by the second.
  await expect.poll(() => readEpoch(lost)).toBe(3);
  await expect.poll(() => [...second.state.partitions.keys()]).toEqual([lost]);
  await expect.poll(() => [...first.state.partitions.keys()]).toEqual([1 - lost]);
  await Promise.all([first.stop(), second.stop()]);
});
