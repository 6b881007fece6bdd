import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPipeline, type PipelineEvent } from "../src/index.js";
import { orders } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const dayMs = 86_400_000;
const days = 450;

/** One order a day. */
const messages: readonly Message[] = Array.from({ length: days }, (_, day) => ({
  partition: 0,
  value: JSON.stringify({
    orderNo: `A-${day}`,
    shop: "Aarhus",
    cents: day,
    items: 1,
    discount: null,
    placedAt: new Date(Date.parse("2016-01-01T12:00:00Z") + day * dayMs).toISOString(),
  }),
}));

describe("a backfill of daily figures", () => {
  it("is written in checkpoints of few days each, whose partitions are made in several transactions", async () => {
    const topic = "daily";
    const databaseUrl = await servers.createDatabase();
    await send(servers.broker, topic, messages);
    const events: PipelineEvent[] = [];
    const run = runPipeline(orders, {
      brokers: [servers.broker.address],
      databaseUrl,
      topic,
      onEvent: (event) => events.push(event),
    });
    const { ledger } = await run.caughtUp();
    await run.stop();
    expect(ledger).toMatchObject({ read: days, counted: days });
    expect(await query(databaseUrl, "SELECT count(*)::int AS rows, sum(cents)::int AS cents FROM shop.orders")).toEqual(
      [{ rows: days, cents: (days * (days - 1)) / 2 }],
    );
    expect(events.filter(({ type }) => type === "postgres-unavailable")).toEqual([]);
    const committed = events.filter((event) => event.type === "committed");
    expect(Math.max(...committed.map(({ records }) => records))).toBeLessThanOrEqual(350);
  });
});
