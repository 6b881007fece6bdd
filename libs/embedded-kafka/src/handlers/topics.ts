import type { OffsetStore } from "../group/offset-store.js";
import { findConfigFault, listSettings } from "../log/topic-config.js";
import type { TopicRegistry } from "../log/topic-registry.js";
import { mapPartitions } from "../protocol/codec.js";
import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { route, type Route } from "../protocol/route.js";
import {
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeConfigs,
} from "../protocol/topic-apis.js";
import { attempt } from "./attempt.js";

interface Outcome {
  readonly error: ErrorCode;
  readonly errorMessage: string | null;
}

const done: Outcome = { error: errorCode.none, errorMessage: null };
const maxPartitions = 10_000;
const highWatermark = -1;
const topicResource = 2;
/** Where a setting's value comes from, as DescribeConfigs numbers it. */
const configSource = { topic: 1, byDefault: 5 } as const;

function refuse(error: ErrorCode, errorMessage: string): Outcome {
  return { error, errorMessage };
}

function change(action: () => void): Outcome {
  return { error: attempt(action), errorMessage: null };
}

export function topicRoutes(topics: TopicRegistry, offsets: OffsetStore): readonly Route[] {
  function findNameFault(name: string): Outcome | null {
    if (topics.get(name) !== undefined) return refuse(errorCode.topicAlreadyExists, `There is a topic ${name}.`);
    if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..") return null;
    return refuse(errorCode.invalidTopic, "A topic's name is 1 to 249 of a-z A-Z 0-9 . _ - and neither . nor ..");
  }

  return [
    route(createTopics, ({ topics: wanted, validateOnly }) => ({
      topics: wanted.map(({ name, partitions, replicationFactor, assignments, configs }) => {
        const count = partitions === -1 ? 1 : partitions;
        const overrides = Object.fromEntries(configs.map((config) => [config.name, config.value ?? ""]));
        const configFault = findConfigFault(overrides);
        const fault =
          findNameFault(name) ??
          findLayoutFault(count, replicationFactor, assignments.length) ??
          (configFault === null ? null : refuse(errorCode.invalidConfig, configFault));
        return { name, ...(fault ?? (validateOnly ? done : change(() => topics.create(name, count, overrides)))) };
      }),
    })),
    route(deleteTopics, ({ names }) => ({
      topics: names.map((name) => {
        if (topics.get(name) === undefined) return { name, error: errorCode.unknownTopicOrPartition };
        const deleteAll = (): void => {
          topics.delete(name);
          offsets.deleteTopic(name);
        };
        return { name, error: attempt(deleteAll) };
      }),
    })),
    route(createPartitions, ({ topics: wanted, validateOnly }) => ({
      topics: wanted.map(({ name, count, assignments }) => {
        const before = topics.get(name)?.partitions.length;
        if (before === undefined) return { name, ...refuse(errorCode.unknownTopicOrPartition, `No topic ${name}.`) };
        const message = `${name} has ${before} partitions: ask for more than that, not for ${count}.`;
        const fault =
          count <= before
            ? refuse(errorCode.invalidPartitions, message)
            : findLayoutFault(count, 1, assignments?.length ?? 0);
        return { name, ...(fault ?? (validateOnly ? done : change(() => topics.addPartitions(name, count)))) };
      }),
    })),
    route(deleteRecords, ({ topics: wanted }) => ({
      topics: mapPartitions(wanted, (name, { index, offset }) => {
        const log = topics.partition(name, index);
        if (log === undefined) return { index, lowWatermark: -1, error: errorCode.unknownTopicOrPartition };
        const before = offset === highWatermark ? log.endOffset() : offset;
        const isInRange = before >= 0 && before <= log.endOffset();
        // What is below the start was deleted before.
        const cut = (): void => topics.deleteRecords(name, index, Math.max(before, log.startOffset()));
        const error = isInRange ? attempt(cut) : errorCode.offsetOutOfRange;
        return { index, lowWatermark: log.startOffset(), error };
      }),
    })),
    route(describeConfigs, ({ resources }) => ({
      resources: resources.map(({ type, name, configNames }) => {
        const topic = type === topicResource ? topics.get(name) : undefined;
        const fault = refuse(
          errorCode.unknownTopicOrPartition,
          `Only topics have settings, and none is named ${name}.`,
        );
        if (topic === undefined) return { ...fault, type, name, configs: [] };
        const isWanted = (setting: string): boolean => !configNames?.length || configNames.includes(setting);
        const settings = listSettings(topic.record.overrides).filter((setting) => isWanted(setting.name));
        return { ...done, type, name, configs: settings.map(describe) };
      }),
    })),
  ];
}

function describe({ name, value, isOverride }: ReturnType<typeof listSettings>[number]) {
  const source = isOverride ? configSource.topic : configSource.byDefault;
  return { name, value, readOnly: false, source, isSensitive: false, synonyms: [] };
}

function findLayoutFault(partitions: number, replicationFactor: number, assignments: number): Outcome | null {
  if (assignments > 0) return refuse(errorCode.invalidReplicaAssignment, "There is one broker: assign no replicas.");
  if (partitions < 1 || partitions > maxPartitions) {
    const error = partitions < 1 ? errorCode.invalidPartitions : errorCode.policyViolation;
    return refuse(error, `A topic has 1 to ${maxPartitions} partitions, not ${partitions}.`);
  }
  if (replicationFactor === 1 || replicationFactor === -1) return null;
  return refuse(errorCode.invalidReplicationFactor, `There is one broker: the factor is 1, not ${replicationFactor}.`);
}
