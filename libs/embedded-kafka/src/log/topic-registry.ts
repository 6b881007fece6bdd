import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openStoredMap } from "../storage/stored-map.js";
import { openPartitionLog, type PartitionLog } from "./partition-log.js";
import { resolveConfig, type ConfigOverrides } from "./topic-config.js";

export interface Topic {
  readonly record: TopicRecord;
  readonly partitions: readonly PartitionLog[];
}

/** What is stored of a topic. */
export interface TopicRecord {
  /** Names its directory: a topic that is created again gets another, with nothing of the old one in it. */
  readonly directory: string;
  readonly partitions: number;
  readonly overrides: ConfigOverrides;
  /** By partition: the offset below which records were deleted on request. */
  readonly startOffsets: Readonly<Record<string, number>>;
}

export type TopicRegistry = ReturnType<typeof openTopicRegistry>;

/** All topics, on disk. What throws where the disk does has changed nothing. */
export function openTopicRegistry(dataDir: string, log: (line: string) => void) {
  const root = join(dataDir, "topics");
  mkdirSync(root, { recursive: true });
  // Records are nobody else's, whoever may look into the directories above.
  chmodSync(root, 0o700);
  const stored = openStoredMap(join(dataDir, "topics.json"), isTopicRecord);
  const topics = new Map<string, Topic>();
  for (const [name, record] of stored.entries()) topics.set(name, openTopic(record, []));
  const known = new Set([...topics.values()].map(({ record }) => record.directory));
  for (const orphan of readdirSync(root).filter((name) => !known.has(name))) {
    rmSync(join(root, orphan), { recursive: true, force: true }); // A creation or deletion that was cut short.
  }

  function openTopic(record: TopicRecord, open: readonly PartitionLog[]): Topic {
    const config = resolveConfig(record.overrides);
    const partitions = Array.from({ length: record.partitions }, (_, index) => {
      const directory = join(root, record.directory, `${index}`);
      return open[index] ?? openPartitionLog(directory, config, record.startOffsets[index] ?? 0, log);
    });
    return { record, partitions };
  }

  function put(name: string, record: TopicRecord): void {
    const topic = openTopic(record, topics.get(name)?.partitions ?? []);
    stored.set(name, record);
    topics.set(name, topic);
  }

  function existing(name: string): Topic {
    const topic = topics.get(name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic;
  }

  return {
    get: (name: string): Topic | undefined => topics.get(name),
    names: (): readonly string[] => [...topics.keys()],
    partition: (name: string, index: number): PartitionLog | undefined => topics.get(name)?.partitions[index],
    /** The name must be free and valid, the overrides without a fault. */
    create(name: string, partitions: number, overrides: ConfigOverrides): void {
      let generation = 1;
      while (existsSync(join(root, `${name}@${generation}`))) generation += 1;
      const record = { directory: `${name}@${generation}`, partitions, overrides, startOffsets: {} };
      put(name, record);
    },
    delete(name: string): void {
      const topic = existing(name);
      stored.delete(name);
      topics.delete(name);
      topic.partitions.forEach((partition) => partition.close());
      rmSync(join(root, topic.record.directory), { recursive: true, force: true });
    },
    /** `count` must be larger than it was. */
    addPartitions(name: string, count: number): void {
      put(name, { ...existing(name).record, partitions: count });
    },
    deleteRecords(name: string, index: number, before: number): void {
      const { record, partitions } = existing(name);
      put(name, { ...record, startOffsets: { ...record.startOffsets, [index]: before } });
      partitions[index]?.deleteBefore(before);
    },
    applyRetention(now: number): void {
      for (const { partitions } of topics.values()) partitions.forEach((partition) => partition.applyRetention(now));
    },
    close(): void {
      const open = [...topics.values()];
      topics.clear();
      for (const { partitions } of open) partitions.forEach((partition) => partition.close());
    },
  };
}

function isTopicRecord(value: unknown): value is TopicRecord {
  return typeof value === "object" && value !== null && "directory" in value && "startOffsets" in value;
}
