import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import {
  consume,
  createTopic,
  messageOf,
  produce,
  query,
  recordsOf,
  runOf,
  startServers,
  type TestMessage,
  type TestServers,
} from "./servers.js";

const partitions = 3;
const run = runOf("dirty", 3_000);
const records = recordsOf(run);
const sound = records.map((record) => messageOf(record, partitions));
let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, "sound", partitions);
  await produce(servers, "sound", sound);
  await consume(servers, "sound", databaseUrl);
});

afterAll(() => servers.close());

let topics = 0;

/** Fills a topic of its own, of which the consumer has read nothing yet. */
async function check(messages: readonly TestMessage[], scenario = run): Promise<Verdict> {
  topics += 1;
  const topic = `faulty-${topics}`;
  await createTopic(servers, topic, partitions);
  await produce(servers, topic, messages);
  await query(
    databaseUrl,
    `INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch)
     SELECT pipeline, '${topic}', partition, group_name, cluster_id, definition_hash, 0, 0, 0
     FROM tidemark.checkpoints WHERE topic = 'sound'`,
  );
  return verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, prefix: true, scenario });
}

const kindsOf = ({ counts }: Verdict) => counts.map(({ what, count }) => `${count} ${what}`);

/** The place in the stream of the nth ordinary event of partition 1 with the same key as the first. */
function placesOf(count: number): number[] {
  const first = sound.findIndex(({ partition }) => partition === 1);
  const key = sound[first]?.key;
  return sound.flatMap((message, at) => (message.key === key && at >= first ? [at] : [])).slice(20, 20 + count);
}
const [a = NaN, b = NaN] = placesOf(2);

const keyOf = (at: number) => records[at]?.key;
const offsetOf = (at: number) => sound.slice(0, at).filter(({ partition }) => partition === 1).length;
const changed = (at: number, change: Partial<TestMessage>) => sound.with(at, { ...itemAt(at), ...change });

function itemAt(at: number): TestMessage {
  const message = sound[at];
  if (message === undefined) throw new RangeError(`There is no message ${at}.`);
  return message;
}

describe("a log is compared with its scenario", () => {
  it("and equal, though events of different keys stand in another order", async () => {
    const byKey = sound.toSorted((one, other) => ((one.key ?? "") < (other.key ?? "") ? -1 : 1));
    const verdict = await check(byKey);
    expect(verdict).toMatchObject({ equal: true, counts: [], events: run.events, records: 0, unread: run.events });
  });

  it("which misses an event", async () => {
    const verdict = await check(sound.toSpliced(a, 1));
    expect(kindsOf(verdict)).toEqual(["1 missing-event"]);
    expect(verdict.differences[0]).toMatchObject({
      link: "scenario-log",
      table: null,
      column: null,
      partition: 1,
      where: `event ${a} (${keyOf(a)})`,
      found: "no record",
    });
  });

  it.each([
    ["next to it", a + 1],
    ["far behind", 2_900],
  ])("which has an event again, %s", async (_name, at) => {
    const verdict = await check(sound.toSpliced(at, 0, itemAt(a)));
    expect(kindsOf(verdict)).toEqual(["1 repeated-event"]);
    expect(verdict.differences[0]).toMatchObject({
      partition: 1,
      where: `offset ${offsetOf(at)}`,
      expected: `event ${a} (${keyOf(a)}) once`,
      found: "again",
    });
  });

  it("which has two events of a key in the wrong order", async () => {
    const verdict = await check(sound.with(a, itemAt(b)).with(b, itemAt(a)));
    expect(kindsOf(verdict)).toEqual(["1 out-of-order"]);
    expect(verdict.differences[0]).toMatchObject({
      where: `offset ${offsetOf(b)}`,
      expected: `event ${a} (${keyOf(a)}) before event ${b} (${keyOf(b)})`,
    });
  });

  it("which has an event far too late", async () => {
    const verdict = await check([...sound.toSpliced(a, 1), itemAt(a)]);
    expect(kindsOf(verdict)).toEqual(["1 out-of-order"]);
  });

  it.each([
    ["other bytes", "other-bytes", { value: Buffer.from("{}") }],
    ["no value", "other-bytes", { value: null }],
    ["another timestamp", "other-timestamp", { timestampMs: 1 }],
    ["no timestamp", "other-timestamp", { timestampMs: -1 }],
    ["another key", "other-key", { key: "Nowhere|X" }],
    ["no key", "other-key", { key: null }],
  ])("in which an event has %s", async (_name, what, change) => {
    const verdict = await check(changed(a, change));
    expect(kindsOf(verdict)).toEqual([`1 ${what}`]);
    expect(verdict.differences[0]).toMatchObject({ partition: 1, where: `offset ${offsetOf(a)}` });
    expect(verdict.differences[0]?.expected).toContain(`event ${a} (${keyOf(a)})`);
  });

  it("which has a record of somebody else", async () => {
    const foreign = { partition: 1, key: "k", value: Buffer.from("hello"), timestampMs: 5 };
    const verdict = await check(sound.toSpliced(a, 0, foreign));
    expect(kindsOf(verdict)).toEqual(["1 unexpected-record"]);
    expect(verdict.differences[0]).toMatchObject({
      where: `offset ${offsetOf(a)}`,
      expected: "no such record",
      found: "hello (5 bytes), key k, timestamp 1970-01-01T00:00:00.005Z",
    });
  });

  it("in which an event lies in the wrong partition", async () => {
    const verdict = await check(changed(a, { partition: 2 }));
    expect(kindsOf(verdict).toSorted()).toEqual(["1 missing-event", "1 unexpected-record"]);
  });

  it("of which a long piece is missing, without calling the rest wrong", async () => {
    const verdict = await check(sound.filter((_, at) => at < 1_000 || at >= 2_500));
    expect(kindsOf(verdict)).toEqual(["1500 missing-event"]);
  });

  it("whose halves were exchanged, without calling what is there missing, whatever the producers' clocks say", async () => {
    const clocks = runOf("clocks", 8_000);
    const messages = recordsOf(clocks).map((record) => messageOf(record, partitions));
    const verdict = await check([...messages.slice(4_000), ...messages.slice(0, 4_000)], clocks);
    expect(new Set(verdict.counts.map(({ what }) => what))).toEqual(new Set(["out-of-order"]));
  });

  it("in which events without a timestamp stand far behind, or again", async () => {
    const clocks = runOf("clocks", 8_000);
    const events = recordsOf(clocks);
    const messages = events.map((record) => messageOf(record, partitions));
    const at = events.findIndex(({ timestampMs }) => timestampMs === -1);
    const first = messages[at];
    if (first === undefined) throw new RangeError("All have a timestamp.");
    expect(kindsOf(await check([...messages.toSpliced(at, 1), first], clocks))).toEqual(["1 out-of-order"]);
    expect(kindsOf(await check([...messages, first], clocks))).toEqual(["1 repeated-event"]);
  });

  it("which goes on behind the scenario's end", async () => {
    const more = recordsOf({ ...run, startIndex: run.events, events: 100 });
    const verdict = await check([...sound, ...more.map((record) => messageOf(record, partitions))]);
    // Copies of events just before the end differ from them in their timestamps alone.
    expect(verdict.counts.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(new Set(verdict.counts.map(({ what }) => what))).toEqual(new Set(["unexpected-record", "repeated-event"]));
  });
});

it("finds an event that the tables lack only in the second link, and one that the log lacks in the first", async () => {
  const copy = await servers.copyDatabase(databaseUrl);
  await query(copy, `DELETE FROM socmed_user_sales WHERE topic = 'sound' AND partition = 0 AND "offset" = 0`);
  const options = { brokers: servers.kafkaBrokers, topic: "sound" };
  const inTables = await verify({ ...options, databaseUrl: copy, scenario: run });
  expect(inTables.counts).toEqual([
    { link: "log-tables", what: "missing-row", table: "socmed_user_sales", column: null, count: 1 },
  ]);
  const longer = { ...run, events: run.events + 1 };
  const inLog = await verify({ ...options, databaseUrl, scenario: longer });
  expect(inLog.counts).toEqual([{ link: "scenario-log", what: "missing-event", table: null, column: null, count: 1 }]);
});
