import { runPipeline } from "@tidemark/pipeline";
import { socmed } from "@tidemark/socmed";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

// A poll gives up after 1 s by default.
const topic = ownName("rebalanced");
const events = 100;

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await produce(servers.broker, topic, events, 2);
});
afterAll(() => servers.close());

function consume() {
  const assignments: string[] = [];
  const run = runPipeline(socmed, {
    brokers: [servers.broker.address],
    databaseUrl,
    topic,
    group: topic,
    onEvent(event) {
      if (event.type === "assigned" && event.partitions.length > 0) assignments.push(event.partitions.join());
    },
  });
  return { assignments, owned: () => [...run.health.partitions.keys()], stop: () => run.stop() };
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
  const first = consume();
  await expect.poll(() => first.assignments).toHaveLength(1);
  const second = consume();
  const gained = () => second.assignments.at(-1) ?? "none";
  await expect.poll(gained).not.toBe("none");
  await blocker.end();

  const lost = Number(gained());
  // Claimed by the first in vain, and by the second.
  await expect.poll(() => readEpoch(lost)).toBe(3);
  await expect.poll(() => second.owned()).toEqual([lost]);
  await expect.poll(() => first.owned()).toEqual([1 - lost]);
  await Promise.all([first.stop(), second.stop()]);
});
