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
const namesOf = (word: string, length: number) => Array.from({ length }, (_, at) => `${word} ${at}`);

/** A database with these figures, and one who looks at all of them. */
async function prepare(figures: readonly Figures[]) {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  await writer.commit(...figures);
  const live = await startUnderTest(databaseUrl, { rhythms: onlyCommits });
  open.push(writer, live);
  return { live, writer, client: await look(live.url, "range=all") };
}

const matrix = "conversion-by-city-and-platform";
const usageOf = (figures: readonly Figures[]) => figures.reduce((sum, { usage }) => sum + usage, 0);
const hasUsage = (usage: number) => (seen: EventClient["seen"]) => seen.rows["total-usage"]?.[0]?.["usage"] === usage;

it("a viewer gets what is other in a panel, one that comes later gets all of it once, and both see the same", async () => {
  const figures = namesOf("City", 20).flatMap((city) =>
    namesOf("Platform", 10).map((platform): Figures => ({ city, platform, atMs, usage: 1 })),
  );
  const { live, writer, client } = await prepare(figures);
  const first = await client.until(hasUsage(usageOf(figures)));
  expect(first.whole).toContain(matrix);
  expect(first.rows[matrix]).toHaveLength(200);

  for (let more = 1; more <= 5; more += 1) {
    const before = client.seen;
    await writer.commit({ city: "City 3", platform: "Platform 7", atMs, usage: 1 + more });
    const after = await client.until(hasUsage(usageOf(figures) + more));
    // One row of each of the panels by name, and single figures.
    expect(after.bytes - before.bytes).toBeLessThan(first.bytes / 10);
    expect(after.whole).not.toContain(matrix);
    expect(after.latest).toContain(matrix);
  }
  const late = await look(live.url, "range=all");
  const seen = await late.until(hasUsage(usageOf(figures) + 5));
  expect(seen.whole).toContain(matrix);
  expect(seen.rows).toEqual(client.seen.rows);
}, 60_000);

it("a viewer gets as little where there are very many names", async () => {
  const figures = namesOf("City", 5_000).map((city, at): Figures => ({
    city,
    platform: `Platform ${at % 40}`,
    atMs,
    usage: 1 + (at % 9),
  }));
  const { writer, client } = await prepare(figures);
  const first = await client.until(hasUsage(usageOf(figures)));
  expect(first.rows[matrix]?.length).toBeGreaterThan(30);
  expect(first.names?.cities).toHaveLength(200);
  expect(first.bytes).toBeLessThan(200_000);
  // Every name has other figures than before.
  await writer.commit(...figures.map((one) => ({ ...one, usage: one.usage + 1 })));
  const next = await client.until(hasUsage(usageOf(figures) + figures.length));
  expect(next.bytes - first.bytes).toBeLessThan(200_000);
}, 60_000);
