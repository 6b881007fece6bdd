import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { look, type EventClient } from "./event-client.js";
import { onlyCommits, startUnderTest } from "./live-under-test.js";
import { openPartition, type Figures } from "./partition-writer.js";
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

const atMs = Date.now() - 60_000;
const platforms = Array.from({ length: 300 }, (_, at) => `Platform ${at}`);

it("a viewer gets what is other in a panel, one that comes later gets all of it once, and both see the same", async () => {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  const figures = platforms.map((platform): Figures => ({ city: "Bogor", platform, atMs, usage: 1 }));
  await writer.commit(...figures);
  const live = await startUnderTest(databaseUrl, { rhythms: onlyCommits });
  open.push(writer, live);
  const client = await look(live.url, "range=all");
  const first = await client.until(hasUsage(platforms.length));
  expect(first.whole).toContain("average-bounce-rate");
  const wholeBytes = first.bytes;

  for (let more = 1; more <= 5; more += 1) {
    const before = client.seen;
    await writer.commit({ city: "Bogor", platform: "Platform 7", atMs, usage: 1 + more });
    const after = await client.until(hasUsage(platforms.length + more));
    // One row of each of the panels by platform, and single figures.
    expect(after.bytes - before.bytes).toBeLessThan(wholeBytes / 10);
    expect(after.whole).not.toContain("average-bounce-rate");
    expect(after.latest).toContain("average-bounce-rate");
  }
  const late = await look(live.url, "range=all");
  const seen = await late.until(hasUsage(platforms.length + 5));
  expect(seen.whole).toContain("average-bounce-rate");
  expect(seen.rows).toEqual(client.seen.rows);
}, 60_000);

const hasUsage = (usage: number) => (seen: EventClient["seen"]) => seen.rows["total-usage"]?.[0]?.["usage"] === usage;
