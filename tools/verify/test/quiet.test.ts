import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createStream, presets } from "@tidemark/socmed/scenario";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { formatVerdict } from "../src/report.js";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { createTopic, fromSource, messageOf, produce, query, recordsOf, runMain, startServers } from "./servers.js";
import type { TestMessage, TestServers } from "./servers.js";

const topic = "quiet";
/** The last one never has a record. */
const partitions = 4;
const QUIET = 2;
const patience = { timeout: 100_000, interval: 100 };
const main = fileURLToPath(new URL("../../../apps/consumer/src/main.ts", import.meta.url));
const options = { QUIET_AFTER: "2s", RETENTION_DAYS: "1" };

/** One event in 10 s for three and a half days, with all that can go wrong. */
const scenario = { ...presets.dirty, rate: { kind: "constant", perSecond: 0.1 } } as const;
const stream = createStream({ scenario, seed: 7, startMs: Date.parse("2024-02-03T12:00:00Z") });
const all = recordsOf({ stream, startIndex: 0, events: 30_000 }).map((record) => messageOf(record, QUIET + 1));
const quietOnes = all.filter(({ partition }) => partition === QUIET);
/** Up to when its events are sent at first: half a day. */
const isEarly = ({ timestampMs }: TestMessage) => timestampMs < Date.parse("2024-02-04T00:00:00Z");

let servers: TestServers;
let databaseUrl: string;
let children: ChildProcess[] = [];

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  await produce(servers, topic, [...all.filter(({ partition }) => partition !== QUIET), ...quietOnes.filter(isEarly)]);
}, 120_000);
afterEach(async () => {
  await Promise.all(children.map((child) => end(child, "SIGTERM")));
  children = [];
});
afterAll(() => servers.close());

/** Waits until it is gone. Killed, it is a member of its group for some seconds more. */
async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill(signal);
  await closed;
}

const environment = (env: Readonly<Record<string, string>> = {}) => ({
  KAFKA_BROKERS: servers.kafkaBrokers.join(","),
  DATABASE_URL: databaseUrl,
  KAFKA_TOPIC: topic,
  ...env,
});

/** A consumer at work, and what it has said. */
function begin(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [...fromSource, main, "--json"], {
    env: { ...process.env, ...environment(env) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

const check = () => verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
const closedTo = async () =>
  (await query(databaseUrl, "SELECT closed_to::text FROM tidemark.closed_windows"))[0]?.["closed_to"];
const open = async () => (await query(databaseUrl, "SELECT FROM socmed_1m_total WHERE NOT closed")).length;
const completeFrom = async () =>
  query(databaseUrl, "SELECT table_name, complete_from::text FROM tidemark.retention ORDER BY 1");
const dropped = (verdict: Verdict) => verdict.retention.map(({ leftOut, droppedRows }) => [leftOut, droppedRows]);
const unread = async () => (await check()).unread;

it("holds back neither closed windows nor retention; comes back, and no window is taken back; and the tables are always equal", async () => {
  // Without the option it holds back both.
  const without = begin({ RETENTION_DAYS: "1" });
  await expect.poll(unread, patience).toBe(0);
  const held = await check();
  expect(held.differences).toEqual([]);
  expect([held.passedOver, held.comparedFrom]).toEqual([null, null]);
  const windows = (await query(databaseUrl, "SELECT FROM socmed_1m_total")).length;
  expect(await open()).toBe(windows);
  expect(windows).toBeGreaterThan(10_000);
  await end(without.child, "SIGTERM");

  const first = begin(options);
  await expect.poll(completeFrom, patience).toHaveLength(4);
  await expect.poll(open, patience).toBeLessThan(100);
  const quiet = await check();
  expect(quiet.differences).toEqual([]);
  expect(quiet.comparedFrom).toBe("2024-02-05T00:00:00.000Z");
  expect(quiet.passedOver?.changeable).toBeGreaterThan(1_000);
  expect(formatVerdict(quiet, 500)).toContain(
    "Quiet partitions were passed over: windows are shown as closed up to 2024-02-0",
  );
  for (const [leftOut, rows] of dropped(quiet)) expect([leftOut, rows]).toEqual([rows, rows]);
  // The days in which the quiet one needs rows are there.
  const days = "SELECT DISTINCT to_char(ts, 'MM-DD') AS day FROM socmed_user_sales ORDER BY 1";
  expect((await query(databaseUrl, days)).map(({ day }) => day)).toEqual(["02-03", "02-05", "02-06"]);
  expect(first.said()).toContain(`partition ${QUIET} is fully read and has been quiet for`);
  expect(first.said()).toContain("partition 3 is fully read and has been quiet for");

  // It comes back with two days that are partly gone.
  const was = await closedTo();
  const later = quietOnes.filter((one) => !isEarly(one));
  const half = later.slice(0, later.length / 2);
  await produce(servers, topic, half);
  await expect.poll(unread, patience).toBe(0);
  await expect.poll(() => first.said(), patience).toContain("that were shown as closed");
  expect(first.said()).toContain(`partition ${QUIET} has records again`);
  const back = await check();
  expect(back.differences).toEqual([]);
  expect(String(await closedTo()) >= String(was)).toBe(true);
  expect(await open()).toBeLessThan(100);

  // Killed, another consumer has to see for itself that it is fully read. Either may drop what has come back.
  await end(first.child, "SIGKILL");
  const second = begin(options);
  await expect.poll(() => second.said(), patience).toContain(`partition ${QUIET} is fully read and has been quiet for`);
  const before = quiet.retention.reduce((sum, { droppedRows }) => sum + droppedRows, 0);
  const droppedNow = async () =>
    (await query(databaseUrl, "SELECT sum(dropped_rows)::int AS rows FROM tidemark.retention"))[0]?.["rows"];
  await expect.poll(droppedNow, patience).toBeGreaterThan(before);
  await produce(servers, topic, later.slice(later.length / 2));
  await expect.poll(unread, patience).toBe(0);
  const last = await check();
  expect(last.differences).toEqual([]);
  for (const [leftOut, rows] of dropped(last)) expect(leftOut).toBe(rows);
}, 480_000);

it("is rebuilt: its windows are open until it has been read again, and are passed over anew", async () => {
  const { code, err } = await runMain("apps/consumer", ["rebuild", "--partition", String(QUIET)], environment());
  expect([code, err]).toEqual([0, ""]);
  expect(await closedTo()).toBeUndefined();
  const rebuilt = await check();
  expect([rebuilt.differences, rebuilt.passedOver]).toEqual([[], null]);
  begin(options);
  await expect.poll(closedTo, patience).toBeDefined();
  expect((await check()).differences).toEqual([]);
}, 120_000);

it("a time up to which windows are closed that lies beyond all events is a difference", async () => {
  const other = await servers.copyDatabase(databaseUrl);
  await query(other, "UPDATE tidemark.closed_windows SET closed_to = '2024-02-09'");
  const { counts } = await verify({ brokers: servers.kafkaBrokers, databaseUrl: other, topic });
  expect(counts).toEqual([
    { link: "log-tables", what: "wrong-value", table: "tidemark.closed_windows", column: "closed_to", count: 1 },
  ]);
});
