import {
  count,
  definePipeline,
  mean,
  rebuildDefinition,
  resetForRebuild,
  runPipeline,
  sum,
  tumbling,
  withIdScope,
  type Pipeline,
} from "@tidemark/pipeline";
import type { NewRows } from "@tidemark/sinks";
import { applyRetention, migrate } from "@tidemark/sinks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { formatVerdict, verify, type Verdict } from "../src/index.js";
import {
  aroundSink,
  changedCopies,
  idsNotCompared,
  noMistake,
  runInjected,
  takenWithoutCause,
  type Injection,
} from "./planted/injection.js";
import { createTopic, endsOf, produce, query, startServers, type TestMessage, type TestServers } from "./servers.js";

const text = z.string().trim().min(1).max(400);
const aggregates = { visits: count(), cents: sum("cents"), cents_mean: mean("cents") } as const;

const visits = definePipeline({
  name: "visits",
  event: z.object({ visitNo: text, shop: text, cents: z.int().min(0), at: z.int().min(0) }),
  id: "visitNo",
  idScope: "topic",
  time: { field: "at", unit: "s" },
  watermark: { delay: "2m", allowedLateness: "10s" },
  rollups: [
    { name: "visits_1m", window: tumbling("1m"), keys: ["shop"], aggregates },
    { name: "visits_1h", window: tumbling("1h"), keys: [], aggregates },
  ],
});

const alone = withIdScope(visits, "partition");
const topic = "visits";
const partitions = 3;
const epoch = Date.parse("2024-03-01T23:30:00Z") / 1_000;
/** Some ids are longer than an index takes. */
const visitNo = (at: number) => (at % 50 === 0 ? `V-${at}-`.padEnd(390, "x") : `V-${at}`);

function visit(at: number, partition: number, seconds = at * 3 - (at % 5) * 25): TestMessage {
  const event = { visitNo: visitNo(at), shop: `Shop ${at % 4}`, cents: at % 50, at: epoch + seconds };
  return {
    partition,
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    timestampMs: (epoch + 7_200) * 1_000,
  };
}

/** Each tenth visit is in two partitions, each hundredth in all three; some come again with another time, or too late. */
function visitsFrom(from: number, to: number): TestMessage[] {
  return Array.from({ length: to - from }, (_, index) => from + index).flatMap((at) => {
    const own = at % partitions;
    return [
      visit(at, own),
      ...(at % 10 === 0 ? [visit(at, (own + 1) % partitions)] : []),
      ...(at % 100 === 0 ? [visit(at, (own + 2) % partitions), visit(at, own)] : []),
      ...(at % 70 === 0 ? [visit(at, (own + 1) % partitions, at * 3 + 60)] : []),
      ...(at % 130 === 0 && at > 300 ? [visit(at - 300, (own + 2) % partitions)] : []),
      ...(at % 110 === 0 && at > 300 ? [visit(at - 300, (own + 2) % partitions, at * 3)] : []),
    ];
  });
}

const half = visitsFrom(0, 1_000);
const rest = visitsFrom(1_000, 2_000);

let servers: TestServers;
let halfRead: string;

beforeAll(async () => {
  servers = await startServers();
  halfRead = await servers.createDatabase();
  await migrate(visits, halfRead);
  await createTopic(servers, topic, partitions);
  await produce(servers, topic, half);
  await run(visits, halfRead, noMistake, endsOf(half, partitions));
  await produce(servers, topic, rest);
});

afterAll(() => servers.close());

async function run(
  pipeline: typeof visits,
  databaseUrl: string,
  injection: Injection,
  ends: ReadonlyMap<number, number>,
): Promise<void> {
  const { kafkaBrokers } = servers;
  await runInjected(pipeline, injection, { kafkaBrokers, databaseUrl, topic, group: topic, ends });
}

const check = (databaseUrl: string) =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, pipeline: visits, differences: 50 });

/** Reads the second half of the topic in a process of its own, as it were. */
async function readRest(injection: Injection): Promise<{ readonly url: string; readonly verdict: Verdict }> {
  const url = await servers.copyDatabase(halfRead);
  await run(visits, url, injection, endsOf([...half, ...rest], partitions));
  return { url, verdict: await check(url) };
}

const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what }) => `${table}${column === null ? "" : `.${column}`} ${what}`).toSorted();

async function expectEachOnce(url: string): Promise<void> {
  const shared = await query(
    url,
    "SELECT visit_no FROM visits GROUP BY visit_no, date_trunc('minute', at) HAVING count(*) > 1",
  );
  expect(shared).toEqual([]);
}

describe("ids that are unique over all partitions", { timeout: 120_000 }, () => {
  it("are proven, across a restart in the middle of windows", async () => {
    const { url, verdict } = await readRest(noMistake);
    expect(verdict.differences).toEqual([]);
    expect(verdict.sharedIds).toBe(0);
    expect(verdict.compared["visits_copies"]).toBeGreaterThan(200);
    expect(verdict.compared["visits_ids"]).toBeGreaterThan(100);
    expect(verdict.ledger.late).toBeGreaterThan(0);
    // Visits in several partitions, and those that come again after the window of the first has closed.
    expect(verdict.ledger.duplicate).toBeGreaterThan(verdict.compared["visits_copies"] ?? 0);
    await expectEachOnce(url);
  });

  it.each<[string, Injection, readonly string[]]>([
    ["a copy that is counted too", idsNotCompared, ["visits counted-twice", "visits_ids missing-row"]],
    ["an event that is counted nowhere", takenWithoutCause, ["visits missing-row"]],
    [
      "a copy of which nothing is noted",
      aroundSink({ rows: (added) => ({ ...added, copies: [] }) }),
      ["visits missing-row", "visits_1m.visits wrong-value"],
    ],
    ["a copy with another id", changedCopies((copy) => ({ ...copy, id: "V-x" })), ["visits_copies.id wrong-value"]],
    ["a copy noted twice", changedCopies((copy) => [copy, copy]), ["visits_copies repeated-row"]],
    [
      "a copy that is noted at another offset",
      changedCopies((copy) => ({ ...copy, offset: copy.offset + 1 })),
      ["visits missing-row", "visits unexpected-row"],
    ],
    [
      "an id that is not kept",
      aroundSink({
        rows: ({ ids = [], ...added }) => ({ ...added, ids: ids.filter(({ offset }) => offset % 9 !== 0) }),
      }),
      ["visits_ids missing-row"],
    ],
    [
      "an id that is kept for too short a time",
      aroundSink({
        rows: ({ ids = [], ...added }: NewRows) => ({
          ...added,
          ids: ids.map((one) => ({ ...one, liveUntilMs: one.liveUntilMs - 60_000 })),
        }),
      }),
      ["visits_ids.live_until wrong-value"],
    ],
  ])("%s is found and named", async (_name, injection, kinds) => {
    const { verdict } = await readRest(injection);
    expect(verdict.equal).toBe(false);
    expect(kindsOf(verdict)).toEqual(expect.arrayContaining([...kinds]));
  });

  it("that are there without a counted event are found", async () => {
    const url = await servers.copyDatabase(halfRead);
    await query(url, "INSERT INTO visits_ids VALUES ('visits', 'V-none', 0, 4102444800000)");
    const { counts } = await verify({
      brokers: servers.kafkaBrokers,
      databaseUrl: url,
      topic,
      pipeline: visits,
      prefix: true,
    });
    expect(counts).toMatchObject([{ table: "visits_ids", what: "unexpected-row", count: 1 }]);
  });

  it("are no promise of a definition without them: how many ids are in several partitions is told", async () => {
    const url = await servers.createDatabase();
    await run(alone as typeof visits, url, noMistake, endsOf([...half, ...rest], partitions));
    const verdict = await check(url);
    expect(verdict.equal).toBe(true);
    expect(verdict.sharedIds).toBeGreaterThan(100);
    const told = formatVerdict(verdict, 200);
    expect(told).toContain(`${verdict.sharedIds} ids were counted in more than one partition, once in each`);
    expect(told).toContain("Equal.");
  });
});

describe("a rebuild where ids are unique over all partitions", { timeout: 180_000 }, () => {
  const place = (databaseUrl: string) => ({ brokers: servers.kafkaBrokers, databaseUrl, topic, group: topic });

  async function catchUp(pipeline: Pipeline, url: string): Promise<void> {
    const running = runPipeline(pipeline, place(url));
    await running.caughtUp();
    await running.stop();
  }

  it("of one partition gives the rows that it had, also where ids were forgotten", async () => {
    const { url } = await readRest(noMistake);
    await query(
      url,
      `INSERT INTO tidemark.forgotten_ids SELECT 'visits', 'visits', extract(epoch FROM min(watermark)) * 1000 FROM tidemark.checkpoints
       ON CONFLICT (pipeline, topic) DO UPDATE SET until = excluded.until;
       DELETE FROM visits_ids WHERE live_until <= (SELECT until FROM tidemark.forgotten_ids)`,
    );
    const before = await query(url, "SELECT count(*)::int AS n, sum(hashtext(visit_no))::int8 AS h FROM visits");
    const reset = await resetForRebuild(visits, { ...place(url), partition: 1 });
    expect(reset).toMatchObject([{ partition: 1 }]);
    await catchUp(visits, url);
    expect((await check(url)).differences).toEqual([]);
    await expectEachOnce(url);
    const after = await query(url, "SELECT count(*)::int AS n, sum(hashtext(visit_no))::int8 AS h FROM visits");
    expect(after[0]?.["n"]).toBeGreaterThan(0);
    expect(before[0]?.["n"]).toBeGreaterThanOrEqual(Number(after[0]?.["n"]));
  });

  it("without a record reads all partitions again: others may hold copies of what is left out", async () => {
    const { url } = await readRest(noMistake);
    const winner = await query(
      url,
      `SELECT v.partition, v."offset"::int FROM visits v JOIN visits_copies c ON c.id = v.visit_no ORDER BY at DESC LIMIT 1`,
    );
    const { partition, offset } = winner[0] as { partition: number; offset: number };
    const reset = await resetForRebuild(visits, { ...place(url), partition, without: [offset] });
    expect(reset).toHaveLength(partitions);
    await catchUp(visits, url);
    const verdict = await check(url);
    expect(verdict.differences).toEqual([]);
    expect(verdict.excluded).toEqual([{ partition, offset }]);
    await expectEachOnce(url);
  });

  it("of one partition is refused once retention has dropped rows, and of all is not", async () => {
    const { url } = await readRest(noMistake);
    const { dropped } = await applyRetention({ databaseUrl: url, pipeline: visits, days: 1 });
    expect(dropped).toEqual([]);
    await query(
      url,
      "INSERT INTO tidemark.retention (pipeline, table_name, complete_from) VALUES ('visits', 'visits', '2024-03-01')",
    );
    await expect(resetForRebuild(visits, { ...place(url), partition: 1 })).rejects.toThrow(
      /Retention has dropped rows of which other partitions may hold copies\. Ids are unique over all partitions: rebuild all/,
    );
    await resetForRebuild(visits, place(url));
    expect(await query(url, "SELECT count(*)::int AS n FROM visits_ids")).toEqual([{ n: 0 }]);
    await catchUp(visits, url);
    expect((await check(url)).differences).toEqual([]);
  });

  it("by a definition that makes them so, or no more, exchanges the tables", async () => {
    const url = await servers.createDatabase();
    await catchUp(alone, url);
    expect(await rebuildDefinition(visits, place(url))).toBe(true);
    expect(await check(url)).toMatchObject({ differences: [], sharedIds: 0 });
    await expectEachOnce(url);
    expect(await rebuildDefinition(alone, place(url))).toBe(true);
    expect(await query(url, "SELECT to_regclass('visits_ids')::text AS name")).toEqual([{ name: null }]);
    const verdict = await check(url);
    expect(verdict.differences).toEqual([]);
    expect(verdict.sharedIds).toBeGreaterThan(100);
  });
});
