import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Difference } from "../src/findings.js";
import { verify, type Verdict } from "../src/verify.js";
import { plantedFaults } from "./planted/faults.js";
import { differencesOf } from "./planted/model-differences.js";
import { modelTables, type ModelRow, type PlacedRecord } from "./planted/model.js";
import { copyPipeline, type PipelineCopy } from "./planted/pipeline-copy.js";
import { createTopic, messageOf, produce, recordsOf, runOf, startServers, type TestServers } from "./servers.js";

const topic = "dirty";
const partitions = 8;
const scenario = runOf("dirty", 8_000);
const records = recordsOf(scenario);
const placed = placeRecords();
const soundTables = modelTables(placed);
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

let runs = 0;

/** What is to be said of an empty database that the copy's consumer, as it is now, has filled. */
async function consumeAndVerify(): Promise<Verdict> {
  runs += 1;
  const databaseUrl = await servers.createDatabase();
  const { kafkaBrokers } = servers;
  await copy.consume({
    KAFKA_BROKERS: kafkaBrokers.join(","),
    KAFKA_TOPIC: topic,
    KAFKA_GROUP: `planted-${runs}`,
    DATABASE_URL: databaseUrl,
    WATERMARK_DELAY: "5m",
    ALLOWED_LATENESS: "0s",
    MAX_FUTURE_SKEW: "1m",
  });
  return verify({ kafkaBrokers, databaseUrl, topic, scenario, differences: 1_000_000 });
}

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

describe("a copy of the pipeline", { timeout: 180_000 }, () => {
  it("is equal as it is, and holds as many rows as the model", async () => {
    const verdict = await consumeAndVerify();
    expect(verdict.counts).toEqual([]);
    expect(verdict).toMatchObject({ equal: true, partitions, records: records.length, events: records.length });
    const tables = [...new Set(soundTables.map(({ table }) => table))];
    const counted = Object.fromEntries(tables.map((name) => [name, countRows(soundTables, name)]));
    // All events of a key lie in one partition, so that a view has as many windows as its rollup.
    const views = { socmed_5s_total: counted["socmed_5s"], socmed_1m_total: counted["socmed_1m"] };
    expect(verdict.compared).toEqual({ ...counted, ...views });
  });

  it.each(plantedFaults.map((fault) => [fault.name, fault] as const))(
    "in which the verifier finds and names %s",
    async (_name, fault) => {
      const { finds, inModel, ...edit } = fault;
      const verdict = await copy.withMistake(edit, consumeAndVerify);
      expect(verdict.equal).toBe(false);
      const expected = differencesOf(soundTables, modelTables(placed, inModel));
      const found = Object.fromEntries(verdict.counts.map((kind) => [kindOf(kind), kind.count]));
      expect(Object.keys(found).toSorted()).toEqual(finds.toSorted());
      expect(found).toEqual(countKinds(expected));
      expect(tellAll(verdict.differences).toSorted()).toEqual(tellAll(expected).toSorted());
    },
  );

  it("in which the verifier finds a first claim that passes over the start of the log", async () => {
    const edit = {
      file: "libs/sinks/src/postgres/claim.ts",
      find: "hash, logStartOffset],",
      replace: "hash, logStartOffset + 1],",
    };
    const verdict = await copy.withMistake(edit, consumeAndVerify);
    expect(verdict.equal).toBe(false);
    // All else follows from where the tables say that they begin.
    expect(verdict.counts.map(kindOf)).toEqual(["tidemark.checkpoints.start_offset wrong-value"]);
    expect(verdict.differences).toHaveLength(partitions);
    expect(verdict.differences[0]).toMatchObject({ partition: 0, expected: "at most 0", found: "1" });
  });
});

describe("planting", () => {
  const file = "libs/windowing/src/lateness.ts";

  it.each([
    ["no longer there", "no such line", 0],
    ["there more than once", "watermarkMs: number", 2],
  ])("refuses a line that is %s", async (_name, find, times) => {
    const planting = copy.withMistake({ file, find, replace: "" }, () => Promise.resolve());
    await expect(planting).rejects.toThrow(`${file} has this ${times} times`);
  });

  it("takes the mistake back, whatever becomes of the work", async () => {
    const sound = await copy.read(file);
    const work = copy.withMistake({ file, find: "> watermarkMs", replace: ">= watermarkMs" }, async () => {
      expect(await copy.read(file)).not.toBe(sound);
      throw new Error("the work failed");
    });
    await expect(work).rejects.toThrow("the work failed");
    expect(await copy.read(file)).toBe(sound);
  });
});
