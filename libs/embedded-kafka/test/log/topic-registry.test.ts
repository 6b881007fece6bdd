import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTopicRegistry, type TopicRegistry } from "../../src/log/topic-registry.js";
import { buildBatch } from "../batch-builder.js";
import { temporaryDirectory } from "../temporary.js";

const now = 1_700_000_000_000;

function open(dataDir: string): TopicRegistry {
  const topics = openTopicRegistry(dataDir, () => undefined);
  onTestFinished(() => topics.close());
  return topics;
}

function append(topics: TopicRegistry, name: string, index = 0): number | undefined {
  return topics.partition(name, index)?.append(buildBatch({ values: ["v"] }), now).baseOffset;
}

test("topics, settings, partitions and deleted records are the same after a restart", () => {
  const dataDir = temporaryDirectory();
  const topics = open(dataDir);
  topics.create("t", 1, { "retention.ms": "-1" });
  topics.create("gone", 1, {});
  for (let batch = 0; batch < 3; batch++) append(topics, "t");
  topics.addPartitions("t", 3);
  append(topics, "t", 2);
  topics.deleteRecords("t", 0, 2);
  topics.delete("gone");
  topics.close();
  const again = open(dataDir);
  expect([again.names(), again.get("gone")]).toEqual([["t"], undefined]);
  expect(again.get("t")?.record.overrides).toEqual({ "retention.ms": "-1" });
  const bounds = again.get("t")?.partitions.map((log) => [log.startOffset(), log.endOffset()]);
  expect(bounds).toEqual([
    [2, 3],
    [0, 0],
    [0, 1],
  ]);
});

test("a topic never takes over a directory that is there, and the next start removes what belongs to none", () => {
  const dataDir = temporaryDirectory();
  const topics = open(dataDir);
  mkdirSync(join(dataDir, "topics", "t@1", "0"), { recursive: true });
  writeFileSync(join(dataDir, "topics", "t@1", "0", "00000000000000000000.log"), buildBatch({ values: ["old"] }));
  topics.create("t", 1, {});
  expect([topics.partition("t", 0)?.endOffset(), append(topics, "t")]).toEqual([0, 0]);
  topics.close();
  expect(open(dataDir).partition("t", 0)?.endOffset()).toBe(1);
  expect(readdirSync(join(dataDir, "topics"))).toEqual(["t@2"]);
});

test("a topic that could not be stored is not there, nor is a change to one", () => {
  const dataDir = temporaryDirectory();
  const topics = open(dataDir);
  topics.create("t", 1, {});
  mkdirSync(join(dataDir, "topics.json.new"));
  expect(() => topics.create("u", 1, {})).toThrow("EISDIR");
  expect(() => topics.addPartitions("t", 2)).toThrow("EISDIR");
  expect(() => topics.delete("t")).toThrow("EISDIR");
  expect([topics.names(), topics.get("t")?.partitions.length, append(topics, "t")]).toEqual([["t"], 1, 0]);
});
