import { withTimes } from "@tidemark/pipeline";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { consumeFlagship, type ConsumeOptions } from "./flagship.js";
import { Recorder } from "./recorder.js";
import {
  ownName,
  produce,
  query,
  readLedger,
  readSums,
  readTables,
  startServers,
  type TestServers,
} from "./servers.js";

const events = 6_000;
const topic = ownName("socmed-events");

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
  await produce(servers.broker, topic, events);
});
afterAll(() => servers.close());
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});

const consume = (options: Partial<ConsumeOptions> = {}) =>
  consumeFlagship({ broker: servers.broker, databaseUrl, topic, group: ownName("tidemark"), ...options });

describe("runConsumer", () => {
  it("reads a topic to its end: the ledger adds up, and raw and rollups have the same sums", async () => {
    const reporter = await consume();
    const ledger = await readLedger(databaseUrl);
    expect(ledger).toMatchObject({ read: events, offsets: events, skipped: 0, lost: 0, quarantined: 0 });
    for (const part of ["counted", "duplicate", "late", "rejected"]) expect(ledger?.[part], part).toBeGreaterThan(0);
    const raw = await readSums(databaseUrl, "socmed_user_sales");
    expect(raw?.["events"]).toBe(String(ledger?.["counted"]));
    expect(await readSums(databaseUrl, "socmed_5s")).toEqual(raw);
    expect(await readSums(databaseUrl, "socmed_1m")).toEqual(raw);
    expect(reporter.last).toMatchObject({ lag: 0, partitions: 8 });
    expect(reporter.last?.ledger.read).toBe(events);
  });

  it("tells the ledger by the minute of arrival too, and how it got on by the clock", async () => {
    const reporter = await consume();
    const ledger = await readLedger(databaseUrl);
    const verdicts = await query(
      databaseUrl,
      `SELECT verdict, sum(records)::int AS records, bool_and((detail <> '') = (verdict IN ('late', 'rejected'))) AS sound
       FROM socmed_verdicts_1m GROUP BY verdict ORDER BY verdict`,
    );
    expect(verdicts).toEqual(
      ["counted", "duplicate", "late", "rejected"].map((verdict) => ({
        verdict,
        records: ledger?.[verdict],
        sound: true,
      })),
    );
    const [observed] = await query(
      databaseUrl,
      `SELECT count(DISTINCT partition)::int AS partitions, sum(records)::int AS records, sum(checkpoints) > 0 AS written
       FROM tidemark.progress`,
    );
    expect(observed).toEqual({ partitions: 8, records: events, written: true });
    expect(reporter.notes.filter((note) => note.startsWith("progress"))).toEqual([]);
  });

  it("stores rates that equal recomputation from the stored counters bit for bit", async () => {
    await consume();
    const [row] = await query(
      databaseUrl,
      `SELECT count(*)::int AS rows, count(*) FILTER (WHERE conversion_rate IS NULL)::int AS without,
         count(*) FILTER (WHERE conversion_rate IS DISTINCT FROM conversion::float8 / nullif(visitors, 0)::float8 * 100
           OR bounce_rate IS DISTINCT FROM page_visitors::float8 / nullif(visitors, 0)::float8 * 100)::int AS wrong
       FROM socmed_user_sales`,
    );
    expect(row).toMatchObject({ wrong: 0 });
    expect(row?.["without"]).toBeGreaterThan(0);
  });

  it("has nothing to do the second time", async () => {
    await consume();
    const before = await readLedger(databaseUrl);
    await consume();
    expect(await readLedger(databaseUrl)).toEqual(before);
    expect(await query(databaseUrl, "SELECT count(*)::int = sum(1)::int AS once FROM socmed_user_sales")).toEqual([
      { once: true },
    ]);
  });

  it("gives the same tables when two consumers share the partitions", async () => {
    await consume();
    const alone = databaseUrl;
    databaseUrl = await servers.createDatabase();
    await Promise.all([consume({ group: ownName("shared") }), consume({ group: ownName("shared") })]);
    expect(await readTables(databaseUrl)).toEqual(await readTables(alone));
  });

  it("refuses tables that were made with another delay", async () => {
    await consume();
    await expect(consume({ pipeline: withTimes(socmed, { watermarkDelayMs: 1_000 }) })).rejects.toMatchObject({
      code: "refused-definition",
    });
  });

  it("waits for a topic that isn't there, says so, and stops when told to", async () => {
    const stop = new AbortController();
    const reporter = new Recorder();
    const run = consume({ topic: ownName("later"), untilCaughtUp: false, signal: stop.signal, reporter });
    const note = `waiting for topic ${ownName("later")}: it does not exist yet at ${servers.broker.address}; create it, or set KAFKA_TOPIC to another`;
    await expect.poll(() => reporter.notes).toContain(note);
    stop.abort();
    await run;
  });

  it("waits for a missing topic until it has caught up too, and then reads all of it", async () => {
    const reporter = new Recorder();
    const run = consume({ topic: ownName("made-later"), reporter });
    await expect.poll(() => reporter.notes.join()).toContain(`waiting for topic ${ownName("made-later")}`);
    await produce(servers.broker, ownName("made-later"), 200);
    await run;
    expect(await readLedger(databaseUrl)).toMatchObject({ read: 200, offsets: 200 });
  });

  it("commits what it holds when it is stopped, and the next run goes on there", async () => {
    const stop = new AbortController();
    const run = consume({ untilCaughtUp: false, signal: stop.signal });
    await expect.poll(async () => Number((await readLedger(databaseUrl))?.["read"])).toBeGreaterThan(0);
    stop.abort();
    await run;
    await consume();
    expect(await readLedger(databaseUrl)).toMatchObject({ read: events, offsets: events });
  });
});
