import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { withTimes } from "@tidemark/pipeline";
import { copyPipeline, type PipelineCopy } from "@tidemark/pipeline-copy";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Difference } from "../src/findings.js";
import type { Verdict } from "../src/verdict.js";
import { verify } from "../src/verify.js";
import { injectedFaults } from "./planted/injected-faults.js";
import { noMistake, runInjected, startPassedOver, type Injection } from "./planted/injection.js";
import { differencesOf } from "./planted/model-differences.js";
import { modelTables, type ExpectedFindings, type ModelRow, type PlacedRecord } from "./planted/model.js";
import { sourceFaults } from "./planted/source-faults.js";
import { createTopic, messageOf, produce, recordsOf, runOf, startServers, type TestServers } from "./servers.js";

const topic = "dirty";
const partitions = 8;
const scenario = runOf("dirty", 8_000);
const records = recordsOf(scenario);
const placed = placeRecords();
const endOffsets = new Map(placed.map(({ partition, offset }) => [partition, offset + 1]));
const soundTables = modelTables(placed);
const pipeline = withTimes(socmed, { watermarkDelayMs: 300_000, allowedLatenessMs: 0, maxFutureSkewMs: 60_000 });
let servers: TestServers;
let copy: PipelineCopy;

beforeAll(async () => {
  servers = await startServers();
  copy = await copyPipeline();
  await createTopic(servers, topic, partitions);
  await produce(
    servers,
    topic,
    records.map((record) => messageOf(record, partitions)),
  );
});

afterAll(async () => {
  await copy?.remove();
  await servers?.close();
});

function placeRecords(): PlacedRecord[] {
  const ends = new Map<number, number>();
  return records.map((record) => {
    const { partition } = messageOf(record, partitions);
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    return { ...record, partition, offset };
  });
}

const execute = promisify(execFile);
/** A mistake may keep a consumer from ever catching up. */
const longestRunMs = 120_000;

/** Runs the copy's consumer until it has caught up. Rejects, with what it said, where it fails or never does. */
async function consume(env: Readonly<Record<string, string>>): Promise<void> {
  const [command, ...args] = copy.fromSource;
  await execute(command, [...args, "--until-caught-up", "--json"], {
    env: { ...process.env, TIDEMARK_DIR: join(copy.root, ".tidemark"), ...env },
    timeout: longestRunMs,
    killSignal: "SIGKILL",
  });
}

let runs = 0;

/** The verdict on an empty database that the copy's consumer, as it is now, has filled. */
async function consumeAndVerify(): Promise<Verdict> {
  const place = await createPlace();
  await consume({
    KAFKA_BROKERS: servers.kafkaBrokers.join(","),
    KAFKA_TOPIC: topic,
    KAFKA_GROUP: place.group,
    DATABASE_URL: place.databaseUrl,
    WATERMARK_DELAY: "5m",
    ALLOWED_LATENESS: "0s",
    MAX_FUTURE_SKEW: "1m",
  });
  return verifyTables(place.databaseUrl);
}

/** The verdict on an empty database that the pipeline of this process has filled, with a mistake around its parts. */
async function injectAndVerify(injection: Injection): Promise<Verdict> {
  const place = await createPlace();
  await runInjected(pipeline, injection, { ...place, kafkaBrokers: servers.kafkaBrokers, topic, ends: endOffsets });
  return verifyTables(place.databaseUrl);
}

async function createPlace() {
  runs += 1;
  return { databaseUrl: await servers.createDatabase(), group: `planted-${runs}` };
}

const verifyTables = (databaseUrl: string) =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl, topic, scenario, differences: 1_000_000 });

const kindOf = ({ table, column, what }: Pick<Difference, "table" | "column" | "what">) =>
  `${table}${column === null ? "" : `.${column}`} ${what}`;

function countKinds(differences: readonly Difference[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of differences) counts[kindOf(one)] = (counts[kindOf(one)] ?? 0) + 1;
  return counts;
}

/** One line for each. A rollup's figures have no order of their own. */
const tellAll = (differences: readonly Difference[]) =>
  differences.map(({ partition, where, expected, found, ...kind }) => {
    const values = [expected, found].map((text) => text.split(", ").toSorted().join(", "));
    return `${kind.link}: ${kindOf(kind)} in ${partition} at ${where}: ${values.join(" -> ")}`;
  });

const countRows = (rows: readonly ModelRow[], name: string) => rows.filter(({ table }) => table === name).length;

const summaryOf = ({ equal, counts, compared, ...verdict }: Verdict) => ({
  equal,
  counts,
  partitions: verdict.partitions,
  records: verdict.records,
  events: verdict.events,
  compared,
});

function soundSummary(): ReturnType<typeof summaryOf> {
  const tables = [...new Set(soundTables.map(({ table }) => table))];
  const counted = Object.fromEntries(tables.map((name) => [name, countRows(soundTables, name)]));
  // All events of a key lie in one partition, so that a view has as many windows as its rollup.
  const views = Object.fromEntries(
    ["socmed_5s", "socmed_1m", "socmed_1h"].map((rollup) => [`${rollup}_total`, counted[rollup] ?? 0]),
  );
  const sizes = { partitions, records: records.length, events: records.length };
  return { equal: true, counts: [], ...sizes, compared: { ...counted, ...views } };
}

const findingsOf = (verdict: Verdict) => ({
  equal: verdict.equal,
  kinds: verdict.counts.map(kindOf).toSorted(),
  counts: Object.fromEntries(verdict.counts.map((kind) => [kindOf(kind), kind.count])),
  differences: tellAll(verdict.differences).toSorted(),
});

function expectedFindings({ finds, inModel }: ExpectedFindings): ReturnType<typeof findingsOf> {
  const expected = differencesOf(soundTables, modelTables(placed, inModel));
  return {
    equal: false,
    kinds: finds.toSorted(),
    counts: countKinds(expected),
    differences: tellAll(expected).toSorted(),
  };
}

describe("a running pipeline", () => {
  it("is equal as it is, and holds as many rows as the model", async () => {
    expect(summaryOf(await injectAndVerify(noMistake))).toEqual(soundSummary());
  });

  it.each(injectedFaults.map((fault) => [fault.name, fault] as const))(
    "in which the verifier finds and names %s",
    async (_name, fault) => {
      expect(findingsOf(await injectAndVerify(fault.injection))).toEqual(expectedFindings(fault));
    },
  );

  it("in which the verifier finds a first claim that passes over the start of the log", async () => {
    const verdict = await injectAndVerify(startPassedOver);
    expect(verdict.equal).toBe(false);
    // All else follows from where the tables say that they begin. The model has no such mistake.
    expect(verdict.counts.map(kindOf)).toEqual(["tidemark.checkpoints.start_offset wrong-value"]);
    expect(verdict.differences).toHaveLength(partitions);
    expect(verdict.differences[0]).toMatchObject({ partition: 0, expected: "at most 0", found: "1" });
  });
});

describe("a copy of the pipeline", { timeout: 180_000 }, () => {
  it("is equal as it is, and holds as many rows as the model", async () => {
    expect(summaryOf(await consumeAndVerify())).toEqual(soundSummary());
  });

  it.each(sourceFaults.map((fault) => [fault.name, fault] as const))(
    "in which the verifier finds and names %s",
    async (_name, fault) => {
      const { file, find, replace } = fault;
      const verdict = await copy.withEdits([{ file, find, replace }], consumeAndVerify);
      expect(findingsOf(verdict)).toEqual(expectedFindings(fault));
    },
  );
});
