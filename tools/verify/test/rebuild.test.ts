import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatVerdict } from "../src/report.js";
import { verify } from "../src/verify.js";
import {
  consume,
  createTopic,
  deleteRecords,
  fromSource,
  messageOf,
  produce,
  query,
  recordsOf,
  runMain,
  runOf,
  startMs,
  startServers,
} from "./servers.js";
import type { Ended, TestMessage, TestServers } from "./servers.js";

const partitions = 4;
const minuteMs = 60_000;
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const check = (databaseUrl: string, topic: string) => verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });

function rebuild(
  topic: string,
  databaseUrl: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic };
  return runMain("apps/consumer", ["rebuild", ...args], { ...addresses, ...env });
}

const patience = { timeout: 60_000 };
const main = fileURLToPath(new URL("../../../apps/consumer/src/main.ts", import.meta.url));

/** Starts the consumer's main, to be ended by a signal. */
function begin(args: readonly string[], topic: string, databaseUrl: string) {
  const env = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic };
  const child = spawn(process.execPath, [...fromSource, main, ...args], {
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  return { child, ended: new Promise((resolve) => child.once("close", resolve)) };
}

/** The same event made by a clock that is so much faster, in its record and in itself. */
function aheadBy(ms: number, message: TestMessage): TestMessage {
  const event = JSON.parse(String(message.value)) as { Ts: number };
  const value = Buffer.from(JSON.stringify({ ...event, Ts: event.Ts + ms / 1000 }));
  return { ...message, value, timestampMs: message.timestampMs + ms };
}

const countsOf = (databaseUrl: string) =>
  query(
    databaseUrl,
    "SELECT partition, late::int, counted::int, rejected::int FROM tidemark.checkpoints ORDER BY partition",
  );

describe("a record of a clock that is 50 minutes fast", { timeout: 240_000 }, () => {
  const topic = "fast-clock";
  let broken: string;
  let first: Ended;
  let partition: number;
  let offset: number;

  beforeAll(async () => {
    await createTopic(servers, topic, partitions);
    const sent = recordsOf(runOf("deck", 20_000)).map((record) => messageOf(record, partitions));
    const fast = aheadBy(50 * minuteMs, sent[500] as TestMessage);
    ({ partition } = fast);
    offset = sent.slice(0, 501).filter((one) => one.partition === partition).length;
    await produce(servers, topic, [...sent.slice(0, 501), fast, ...sent.slice(501)]);
    broken = await servers.createDatabase();
    const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: broken, KAFKA_TOPIC: topic };
    first = await runMain("apps/consumer", ["--until-caught-up"], addresses);
  });

  it("is named on the terminal while it makes good events late", async () => {
    const { code, out } = first;
    expect(code).toBe(0);
    const lines = out.split("\n").filter((line) => line.includes("FAST CLOCK"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`the watermark of partition ${partition} is \\d+ min ahead of what arrives`));
    expect(lines[0]).toContain(`the event at offset ${offset} set it`);
    expect(lines[0]).toContain(`nx run consumer:rebuild -- --partition ${partition} --without ${offset}`);
    expect((await countsOf(broken))[partition]?.["late"]).toBeGreaterThan(100);
    expect((await check(broken, topic)).equal).toBe(true);
  });

  it("is left out by a rebuild of its partition: its tables are those of the other records, and verified", async () => {
    const url = await servers.copyDatabase(broken);
    const before = await countsOf(url);
    const { code, out, err } = await rebuild(topic, url, [
      "--partition",
      String(partition),
      "--without",
      String(offset),
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`partition ${partition} was taken out of the tables`);
    const after = await countsOf(url);
    expect(after[partition]).toMatchObject({ late: 0, rejected: 1 });
    expect(after.filter((row) => row["partition"] !== partition)).toEqual(
      before.filter((row) => row["partition"] !== partition),
    );
    const verdict = await check(url, topic);
    expect(verdict.differences).toEqual([]);
    expect(verdict.excluded).toEqual([{ partition, offset }]);
    expect(formatVerdict(verdict, 80)).toContain(`Left out by a decision: offset ${offset} of partition ${partition}.`);
    const [row] = await query(
      url,
      "SELECT reason, bytes IS NOT NULL AS kept FROM socmed_rejected WHERE reason = 'excluded'",
    );
    expect(row).toEqual({ reason: "excluded", kept: true });

    // The decision stands in each later rebuild, until it is taken back.
    expect(await rebuild(topic, url, ["--all"])).toMatchObject({ code: 0, err: "" });
    expect((await countsOf(url))[partition]).toMatchObject({ late: 0, rejected: 1 });
    expect((await check(url, topic)).differences).toEqual([]);
    expect(await rebuild(topic, url, ["--partition", String(partition), "--including", String(offset)])).toMatchObject({
      code: 0,
    });
    expect((await countsOf(url))[partition]?.["late"]).toBe(before[partition]?.["late"]);
    expect(await check(url, topic)).toMatchObject({ differences: [], excluded: [] });
  });

  it("without the stored decision the tables differ from the log", async () => {
    const url = await servers.copyDatabase(broken);
    await rebuild(topic, url, ["--partition", String(partition), "--without", String(offset)]);
    await query(url, "DELETE FROM tidemark.exclusions");
    expect((await check(url, topic)).equal).toBe(false);
  });

  it("a wrong partition, offset or combination is refused in one sentence, and changes nothing", async () => {
    const url = await servers.copyDatabase(broken);
    const refusals = [
      [["--partition", "9"], "a partition of fast-clock (0 to 3)"],
      [["--partition", "0", "--without", "999999999"], "has no offset 999999999"],
      [[], "either --partition N, --all or --definition"],
      [["--all", "--without", "5"], "take a --partition beside them"],
      [["--partition", "0", "--without", "x"], "offsets with commas between them"],
    ] as const;
    for (const [args, text] of refusals) {
      const { code, err } = await rebuild(topic, url, args);
      expect({ code, lines: err.trimEnd().split("\n").length }).toEqual({ code: 2, lines: 1 });
      expect(err).toContain(text);
    }
    expect(await countsOf(url)).toEqual(await countsOf(broken));
    expect((await check(url, topic)).equal).toBe(true);
  });
});

describe("a rebuild", { timeout: 240_000 }, () => {
  it("is refused where the log has lost the first records, and says what would be lost", async () => {
    const topic = "shortened";
    await createTopic(servers, topic, 1);
    await produce(
      servers,
      topic,
      recordsOf(runOf("deck", 1_000)).map((record) => messageOf(record, 1)),
    );
    const url = await servers.createDatabase();
    await consume(servers, topic, url);
    await deleteRecords(servers, topic, 0, 400);
    const before = await query(url, "SELECT * FROM socmed_1h ORDER BY 1, 2, 3, 4, 5");
    const { code, err } = await rebuild(topic, url, ["--all"]);
    expect(code).toBe(2);
    expect(err).toContain("begins at offset 400, and its tables at 0");
    expect(err).toContain("400 of socmed_user_sales");
    expect(await query(url, "SELECT * FROM socmed_1h ORDER BY 1, 2, 3, 4, 5")).toEqual(before);
  });

  it("that is killed once the rows are gone is finished by whoever reads next", async () => {
    const topic = "killed-rebuild";
    await createTopic(servers, topic, 2);
    await produce(
      servers,
      topic,
      recordsOf(runOf("dirty", 40_000)).map((record) => messageOf(record, 2)),
    );
    const url = await servers.createDatabase();
    await consume(servers, topic, url);
    const whole = await countsOf(url);
    const { child, ended } = begin(["rebuild", "--all"], topic, url);
    await expect.poll(() => query(url, "SELECT FROM tidemark.checkpoints WHERE epoch > 1"), patience).toHaveLength(2);
    child.kill("SIGKILL");
    await ended;
    await consume(servers, topic, url);
    expect(await countsOf(url)).toEqual(whole);
    expect((await check(url, topic)).differences).toEqual([]);
  });

  it("is refused while a consumer is at work", async () => {
    const topic = "at-work";
    await createTopic(servers, topic, 1);
    await produce(
      servers,
      topic,
      recordsOf(runOf("deck", 100)).map((record) => messageOf(record, 1)),
    );
    const url = await servers.createDatabase();
    const { child, ended } = begin([], topic, url);
    const read = () => query(url, "SELECT next_offset::int AS next FROM tidemark.checkpoints").catch(() => []);
    await expect.poll(read, patience).toEqual([{ next: 100 }]);
    const { code, err } = await rebuild(topic, url, ["--all"]);
    expect(code).toBe(2);
    expect(err).toContain("are at work");
    child.kill("SIGTERM");
    await ended;
    expect(await rebuild(topic, url, ["--all"])).toMatchObject({ code: 0, err: "" });
    expect((await check(url, topic)).differences).toEqual([]);
  });

  it("brings back no half of the days that retention dropped", async () => {
    const topic = "days";
    await createTopic(servers, topic, 2);
    const days = recordsOf(runOf("deck", 2_000)).map((record, at) => {
      const message = messageOf(record, 2);
      return aheadBy(at * 3 * minuteMs, message);
    });
    await produce(servers, topic, days);
    const url = await servers.createDatabase();
    await consume(servers, topic, url, { RETENTION_DAYS: "1" });
    const boundary = (await query(url, "SELECT min(complete_from) AS f FROM tidemark.retention"))[0]?.["f"] as Date;
    expect(boundary.getTime()).toBeGreaterThan(startMs);
    const old =
      "SELECT count(*)::int AS n FROM socmed_user_sales WHERE ts < (SELECT min(complete_from) FROM tidemark.retention)";
    expect(await query(url, old)).toMatchObject([{ n: 0 }]);
    expect((await check(url, topic)).equal).toBe(true);

    const { code, out } = await rebuild(topic, url, ["--partition", "1"]);
    expect(code).toBe(0);
    expect(out).toMatch(/retention: dropped [\d,]+ rows of socmed_user_sales/);
    expect(await query(url, old)).toMatchObject([{ n: 0 }]);
    expect((await check(url, topic)).differences).toEqual([]);

    // All of it comes back whole.
    expect(await rebuild(topic, url, ["--all"])).toMatchObject({ code: 0, err: "" });
    expect(await query(url, "SELECT FROM tidemark.retention")).toHaveLength(0);
    const whole = await check(url, topic);
    expect(whole).toMatchObject({ differences: [], comparedFrom: null });
  });

  it("of a pipeline of one's own is the same", async () => {
    const topic = "orders";
    await createTopic(servers, topic, 2);
    const order = (number: number, minutes: number): TestMessage => {
      const timestampMs = startMs + minutes * minuteMs;
      const value = {
        orderNo: `A-${number}`,
        shop: "Aarhus",
        cents: 100,
        placedAt: new Date(timestampMs).toISOString(),
      };
      return { partition: number % 2, key: null, value: Buffer.from(JSON.stringify(value)), timestampMs };
    };
    await produce(servers, topic, [order(0, 0), order(2, 50), order(4, 1), order(6, 2), order(1, 0), order(3, 1)]);
    const url = await servers.createDatabase();
    const env = { PIPELINE: fileURLToPath(new URL("../../../examples/3-own-pipeline/orders.ts", import.meta.url)) };
    await consume(servers, topic, url, env);
    expect(await countsOf(url)).toMatchObject([{ counted: 2, late: 2 }, { counted: 2 }]);
    expect(await rebuild(topic, url, ["--partition", "0", "--without", "1"], env)).toMatchObject({ code: 0, err: "" });
    expect(await countsOf(url)).toMatchObject([{ counted: 3, late: 0, rejected: 1 }, { counted: 2 }]);
    expect((await check(url, topic)).differences).toEqual([]);
  });
});
