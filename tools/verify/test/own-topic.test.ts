import { createHash } from "node:crypto";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatVerdict } from "../src/report.js";
import { verify, type VerifyOptions } from "../src/verify.js";
import {
  consume,
  createTopic,
  deleteRecords,
  produce,
  query,
  startServers,
  type TestMessage,
  type TestServers,
} from "./servers.js";

const topic = "own";
const startMs = Date.parse("2026-01-01T00:00:00Z");
let servers: TestServers;
let databaseUrl: string;

/** A message as somebody's own producer may write it. */
function message(partition: number, at: number, more: object = {}, timestampMs = startMs + at * 1000): TestMessage {
  const event = {
    ID: `00000000-0000-4000-8000-${String(partition * 1000 + at).padStart(12, "0")}`,
    Kota: "Jakarta",
    Sosial_Media: "X",
    Usage_Count: 1,
    Sales: 1,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 1,
    Ts: startMs / 1000 + at,
    ...more,
  };
  return { partition, key: null, value: Buffer.from(JSON.stringify(event)), timestampMs };
}

const bytes = (partition: number, value: Buffer | null): TestMessage => ({
  partition,
  key: "k",
  value,
  timestampMs: startMs,
});

/** A definition with sorted keys. */
/** The flagship's definition with another rollup, as JSON with sorted keys. */
const definitionWith = (rollup: object) =>
  sortedJson({ ...socmed.data, rollups: [{ ...socmed.data.rollups[0], ...rollup }] });

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const hashOf = (json: string) => createHash("sha256").update(json).digest("hex").slice(0, 16);

const messages = [
  message(0, 0),
  bytes(0, null),
  bytes(0, Buffer.from("no JSON")),
  bytes(0, Buffer.from([0xff, 0xfe, 0x00])),
  bytes(0, Buffer.alloc(0)),
  message(0, 1, { Visitors: 0 }),
  message(0, 1, { Sales: 7 }),
  message(0, 900, { Kota: " Köln|x " }),
  message(0, 2, { ID: "ffffffff-ffff-ffff-ffff-ffffffffffff" }),
  message(0, 5_000, {}, startMs),
  message(0, 5_001, {}, -1),
  bytes(2, null),
  // A partition whose records are none is read, too; partition 1 stays empty.
];

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, 3);
  await produce(servers, topic, messages);
  await consume(servers, topic, databaseUrl);
});

afterAll(() => servers.close());

const check = (more: Partial<VerifyOptions> = {}) =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, ...more });

describe("a rejected value that is longer than what is kept of it", () => {
  it("is proven by its start, its length and its SHA-256", async () => {
    await createTopic(servers, "long", 1);
    await produce(servers, "long", [bytes(0, Buffer.alloc(4_096, "a")), bytes(0, Buffer.alloc(60_000, "b"))]);
    const own = await servers.createDatabase();
    await consume(servers, "long", own);
    const plant = async (sql: string) => {
      const copy = await servers.copyDatabase(own);
      await query(copy, sql);
      const { counts } = await check({ topic: "long", databaseUrl: copy });
      return counts.map(({ table, column, what, count }) => `${table}.${column}: ${count} ${what}`);
    };
    expect(await plant("SELECT")).toEqual([]);
    expect(await plant("UPDATE socmed_rejected SET bytes = bytes || 'b' WHERE byte_length = 60000")).toEqual([
      "socmed_rejected.bytes: 1 wrong-value",
    ]);
    expect(await plant("UPDATE socmed_rejected SET byte_length = byte_length + 1")).toEqual([
      "socmed_rejected.byte_length: 2 wrong-value",
    ]);
    expect(await plant("UPDATE socmed_rejected SET sha256 = sha256(bytes)")).toEqual([
      "socmed_rejected.sha256: 1 wrong-value",
    ]);
  });
});

describe("somebody's own topic", () => {
  it("is verified from the log on: tombstones, garbage, an empty partition and all", async () => {
    const verdict = await check();
    expect(verdict.differences).toEqual([]);
    expect(verdict).toMatchObject({ equal: true, partitions: 3, records: 12, events: null, unread: 0 });
    expect(verdict.ledger).toEqual({
      read: 12,
      counted: 4,
      duplicate: 1,
      late: 1,
      quarantined: 1,
      rejected: 5,
      refused: 0,
      skipped: 0,
    });
  });

  it("is equal where some of its offsets hold no record", async () => {
    await createTopic(servers, "markers", 1);
    for (const at of [0, 1, 2, 3]) await produce(servers, "markers", [message(0, at)]);
    // As markers of transactions: one between records, one at the end.
    await servers.rewriteLog("markers", (batch, index) => {
      batch.control = index % 2 === 1;
    });
    const own = await servers.createDatabase();
    await consume(servers, "markers", own);
    const verdict = await check({ topic: "markers", databaseUrl: own });
    expect(verdict).toMatchObject({ equal: true, records: 2, unread: 0, ledger: { counted: 2, skipped: 2 } });
  });

  it("is judged by the definition that its checkpoints name", async () => {
    const own = await servers.createDatabase();
    await consume(servers, topic, own, { WATERMARK_DELAY: "20m", ALLOWED_LATENESS: "10s", MAX_FUTURE_SKEW: "90m" });
    const verdict = await check({ databaseUrl: own });
    expect(verdict).toMatchObject({
      equal: true,
      ledger: { late: 0, quarantined: 0 },
      definition: { watermarkDelayMs: 1_200_000, allowedLatenessMs: 10_000, maxFutureSkewMs: 5_400_000 },
    });
  });
});

describe("records that no consumer has read", () => {
  it("are a difference, unless only what was read is to be checked", async () => {
    await createTopic(servers, "growing", 2);
    await produce(servers, "growing", [message(0, 0)]);
    const own = await servers.createDatabase();
    await consume(servers, "growing", own);
    await produce(servers, "growing", [message(0, 1), message(0, 2), message(1, 0)]);
    const options = { topic: "growing", databaseUrl: own };
    const strict = await check(options);
    expect(strict).toMatchObject({ equal: false, records: 1, unread: 3 });
    expect(strict.differences).toEqual([
      expect.objectContaining({
        what: "unread-records",
        partition: 0,
        column: "next_offset",
        expected: "3",
        found: "1",
      }),
      expect.objectContaining({
        what: "unread-records",
        partition: 1,
        column: "next_offset",
        expected: "1",
        found: "0",
      }),
    ]);
    expect(await check({ ...options, prefix: true })).toMatchObject({ equal: true, records: 1, unread: 3 });

    await query(own, "DELETE FROM tidemark.checkpoints WHERE partition = 1");
    expect((await check(options)).differences.map(({ what }) => what)).toEqual(["unread-records", "no-checkpoint"]);
    expect(await check({ ...options, prefix: true })).toMatchObject({ equal: true, unread: 3 });
  });
});

describe("a log that is not the tables' log any more", () => {
  it("can't prove them where it begins later than they do", async () => {
    await createTopic(servers, "cut", 1);
    await produce(servers, "cut", [message(0, 0), message(0, 1), message(0, 2)]);
    const own = await servers.createDatabase();
    await consume(servers, "cut", own);
    await deleteRecords(servers, "cut", 0, 2);
    const verdict = await check({ topic: "cut", databaseUrl: own });
    expect(verdict).toMatchObject({ equal: false, counts: [], records: 0 });
    expect(formatVerdict(verdict, 300)).toMatch(
      /cut\[0\] begins at offset 2, and its tables at 0(.|\n)*Not proven: the log of no partition is whole\.$/,
    );
  });

  it("names what was lost before it was read", async () => {
    await createTopic(servers, "lost", 1);
    await produce(servers, "lost", [message(0, 0), message(0, 1)]);
    const own = await servers.createDatabase();
    await consume(servers, "lost", own);
    await produce(servers, "lost", [message(0, 2), message(0, 3), message(0, 4)]);
    await deleteRecords(servers, "lost", 0, 4);
    await consume(servers, "lost", own, {}, ["--accept-loss"]);
    expect(formatVerdict(await check({ topic: "lost", databaseUrl: own }), 300)).toContain(
      "begins at offset 4, and its tables at 0: nothing is left to prove them by from the 4 offsets between (2 of them were lost",
    );
  });

  it("can't prove them where it ends earlier, or is another cluster's", async () => {
    const other = await servers.copyDatabase(databaseUrl);
    await query(
      other,
      "UPDATE tidemark.checkpoints SET next_offset = next_offset + 1, read = read + 1, late = late + 1 WHERE partition = 0",
    );
    await expect(check({ databaseUrl: other })).rejects.toMatchObject({ code: "log-ends-earlier" });
    await query(other, "UPDATE tidemark.checkpoints SET cluster_id = 'another' WHERE partition = 2");
    await expect(check({ databaseUrl: other })).rejects.toMatchObject({ code: "another-cluster" });
  });
});

describe("nothing can be said", () => {
  it.each([
    ["of a topic that is not there", { topic: "nowhere" }, "no-topic"],
    ["where Kafka is away", { brokers: ["127.0.0.1:1"] }, "kafka-unreachable"],
    ["where Postgres is away", { databaseUrl: "postgresql://u:secret@127.0.0.1:1/db" }, "postgres-unreachable"],
  ])("%s", async (_name, options, code) => {
    const error: unknown = await check(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "CannotVerifyError", code });
    expect(String(error)).not.toContain("secret");
  });

  it("without the tables, the database, or a checkpoint of the topic", async () => {
    const empty = await servers.createDatabase();
    await expect(check({ databaseUrl: empty })).rejects.toMatchObject({ code: "no-tables" });
    await expect(check({ databaseUrl: `${empty}_no` })).rejects.toMatchObject({ code: "postgres-unreachable" });
    await createTopic(servers, "unread", 1);
    await expect(check({ topic: "unread" })).rejects.toMatchObject({ code: "no-checkpoints" });
  });

  it.each([
    ["has another hash", "[]", "wrong", "another one"],
    ["has no such form", "{}", hashOf("{}"), "name"],
    ["has a key that events lack", definitionWith({ keys: ["Country"] }), null, "Country"],
    ["has an id that events lack", sortedJson({ ...socmed.data, id: "Id" }), null, "id: Id is none of ID, Kota"],
    ["has events that a program makes", sortedJson({ ...socmed.data, decoder: "custom" }), null, "the user's own"],
  ])("where the definition %s", async (_name, definition, hash, why) => {
    const other = await servers.copyDatabase(databaseUrl);
    const stored = hash ?? hashOf(definition);
    await query(
      other,
      `INSERT INTO tidemark.definitions VALUES ('${stored}', '${definition}');
       UPDATE tidemark.checkpoints SET definition_hash = '${stored}'`,
    );
    await expect(check({ databaseUrl: other })).rejects.toMatchObject({
      code: "bad-definition",
      message: expect.stringContaining(why) as string,
    });
  });

  it("where the definition has a rollup without a table", async () => {
    const other = await servers.copyDatabase(databaseUrl);
    const definition = definitionWith({ name: "socmed_9m" });
    await query(
      other,
      `INSERT INTO tidemark.definitions VALUES ('${hashOf(definition)}', '${definition}');
       UPDATE tidemark.checkpoints SET definition_hash = '${hashOf(definition)}'`,
    );
    await expect(check({ databaseUrl: other })).rejects.toMatchObject({ code: "no-tables" });
  });

  it("is not what another definition of one partition is: that is a difference", async () => {
    const other = await servers.copyDatabase(databaseUrl);
    const definition = definitionWith({ keys: ["Kota"] });
    await query(
      other,
      `INSERT INTO tidemark.definitions VALUES ('${hashOf(definition)}', '${definition}');
       UPDATE tidemark.checkpoints SET definition_hash = '${hashOf(definition)}' WHERE partition = 1`,
    );
    const { differences } = await check({ databaseUrl: other });
    expect(differences).toEqual([
      expect.objectContaining({ what: "wrong-value", column: "definition_hash", partition: 1 }),
    ]);
  });

  it("after the signal", async () => {
    const stop = new AbortController();
    const reading = check({ signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    await expect(reading).rejects.toThrow("enough");
    await expect(check({ signal: stop.signal })).rejects.toThrow("enough");
  });
});
