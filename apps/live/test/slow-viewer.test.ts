import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { createEventReader, look, type Seen } from "./event-client.js";
import { startUnderTest, type LiveUnderTest } from "./live-under-test.js";
import { openPartition, type Figures, type PartitionWriter } from "./partition-writer.js";
import { startServers, type TestServers } from "./servers.js";

let servers: TestServers;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
afterEach(async () => {
  for (const one of open.toReversed()) await one.close();
  open = [];
});

const startMs = Date.now() - 900_000;

/**
 * As many names as panels show, long ones of three bytes a character, at 160 points in time: an update has almost a megabyte, and
 * soon there is more than what sockets keep on their way.
 */
const namesOf = (length: number) =>
  Array.from({ length }, (_, index) => `${String(index).padStart(4, "0")}${"€".repeat(90)}`);
const cities = namesOf(30);
const places = Array.from({ length: 160 }, (_, point) => point).flatMap((point) =>
  namesOf(12).map((platform) => ({ city: cities[point % 30] ?? "", platform, atMs: startMs + point * 5_000 })),
);
const figures = (usage: number): Figures[] => places.map((place) => ({ ...place, usage }));
const hasUsage = (usage: number) => (seen: Seen) => seen.rows["total-usage"]?.[0]?.["usage"] === usage * places.length;

async function prepare(
  surroundings: Parameters<typeof startUnderTest>[1] = {},
): Promise<{ live: LiveUnderTest; writer: PartitionWriter }> {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  await writer.commit(...figures(1));
  const live = await startUnderTest(databaseUrl, surroundings);
  open.push(writer, live);
  return { live, writer };
}

/** One who asks and then reads nothing. */
async function stare(url: string): Promise<IncomingMessage> {
  const asking = request(`${url}/api/events?range=all`, { agent: false }).end();
  const [response]: IncomingMessage[] = await once(asking, "response");
  if (response === undefined) throw new Error("No response.");
  response.pause();
  // When it is dropped.
  response.on("error", () => undefined);
  return response;
}

it("a viewer that reads nothing for a while costs no memory, holds up nobody, and then gets the newest state", async () => {
  const { live, writer } = await prepare();
  const stared = await stare(live.url);
  const client = await look(live.url, "range=all");
  await client.until(hasUsage(1));
  const updates = 28;
  for (let usage = 2; usage <= updates; usage += 1) {
    await writer.commit(...figures(usage));
    await client.until(hasUsage(usage));
  }
  const reader = createEventReader();
  stared.setEncoding("utf8");
  stared.on("data", (text: string) => reader.read(text));
  stared.resume();
  const seen = await reader.until(hasUsage(updates));
  expect(seen.rows).toEqual(client.seen.rows);
  // All that was kept for it has come by now: what lay in sockets, and the newest state.
  expect(client.seen.counts.panels).toBeGreaterThanOrEqual(updates);
  expect(seen.counts.panels).toBeLessThan(updates / 2);
  expect(seen.bytes).toBeLessThan(client.seen.bytes / 2);
  stared.destroy();
}, 180_000);

it("a viewer that has gone without a word is dropped, and its choice is free for another", async () => {
  const { live, writer } = await prepare({ limits: { choices: 1, stalledMs: 2_000 } });
  const stared = await stare(live.url);
  const client = await look(live.url, "range=all");
  for (let usage = 2; usage <= 16; usage += 1) {
    await writer.commit(...figures(usage));
    await client.until(hasUsage(usage));
  }
  client.leave();
  const other = await vi.waitFor(() => look(live.url, "range=24h"), 20_000);
  const { panels } = await other.until((seen) => seen.panels !== undefined);
  expect(panels).toBeDefined();
  const closed = new Promise((resolve) => {
    stared.once("close", resolve);
  });
  stared.resume();
  await closed;
  // Its connection was cut, not brought to its end.
  expect(stared.complete).toBe(false);
}, 180_000);
