import { afterAll, beforeAll, expect, it } from "vitest";
import { verify } from "../src/verify.js";
import { consume, createTopic, produce, startServers, type TestMessage, type TestServers } from "./servers.js";

let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
}, 60_000);

afterAll(() => servers.close());

const LATEST_EVENT_SECONDS = 253_402_300_799;
/** The last minute that begins within a Date's range, and with it within the counter tables. */
const LATEST_ARRIVAL_MS = 8_640_000_000_000_000;
const EARLIEST_ARRIVAL_MS = -210_866_803_200_000;
/** 2^62: more than a Date or a timestamptz holds, and exact in a double. */
const FAR_ARRIVAL_MS = 2 ** 62;

function message(at: number, eventSeconds: number, timestampMs: number): TestMessage {
  const event = {
    ID: `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
    Kota: "Jakarta",
    Sosial_Media: "X",
    Usage_Count: 1,
    Sales: 1,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 1,
    Ts: eventSeconds,
  };
  return { partition: 0, key: null, value: Buffer.from(JSON.stringify(event)), timestampMs };
}

const seconds = Date.parse("2026-01-01T00:00:00Z") / 1000;

const arrival = seconds * 1000;

it.each([
  ["year-9999", message(1, LATEST_EVENT_SECONDS, -1)],
  ["latest-arrival", message(1, seconds, LATEST_ARRIVAL_MS)],
  ["earliest-arrival", message(1, seconds, EARLIEST_ARRIVAL_MS)],
  ["arrival-before-christ", message(1, seconds, Date.parse("-000043-03-15T12:00:00Z"))],
  ["arrival-in-year-10000", message(1, seconds, Date.parse("+010000-01-01T00:00:30Z"))],
  ["arrival-beyond-dates", message(1, seconds, FAR_ARRIVAL_MS)],
])("the tables and panels of a topic with %s are compared, and equal", async (topic, last) => {
  const databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, 1, { "message.timestamp.after.max.ms": String(2n ** 63n - 1n) });
  await produce(servers, topic, [message(0, seconds, arrival), last]);
  await consume(servers, topic, databaseUrl);
  const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
  expect(verdict.differences).toEqual([]);
  expect(verdict).toMatchObject({ equal: true, records: 2 });
  expect(verdict.views.length).toBeGreaterThan(0);
});
