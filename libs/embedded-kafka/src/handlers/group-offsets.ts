import type { GroupCoordinator } from "../group/coordinator.js";
import type { CommittedOffset, OffsetStore } from "../group/offset-store.js";
import type { TopicRegistry } from "../log/topic-registry.js";
import { mapPartitions } from "../protocol/codec.js";
import { errorCode, type ErrorCode } from "../protocol/error-code.js";
import { offsetCommit, offsetFetch } from "../protocol/group-apis.js";
import { route, type Route } from "../protocol/route.js";
import { attempt } from "./attempt.js";

/** Kafka's offset.metadata.max.bytes. */
const maxMetadataBytes = 4096;

export function groupOffsetRoutes(
  topics: TopicRegistry,
  coordinator: GroupCoordinator,
  offsets: OffsetStore,
): readonly Route[] {
  function findFault({ topic, partition, metadata }: CommittedOffset): ErrorCode {
    if (topics.partition(topic, partition) === undefined) return errorCode.unknownTopicOrPartition;
    return Buffer.byteLength(metadata ?? "") > maxMetadataBytes ? errorCode.offsetMetadataTooLarge : errorCode.none;
  }

  return [
    route(offsetCommit, ({ groupId, memberId, generation, topics: sent }) => {
      const checked = mapPartitions(sent, (topic, { index, offset, metadata }) => {
        const committed = { topic, partition: index, offset, metadata };
        return { committed, error: findFault(committed) };
      });
      const all = checked.flatMap(({ partitions }) => partitions);
      const sound = all.filter(({ error }) => error === errorCode.none).map(({ committed }) => committed);
      const refused = coordinator.admitCommit(groupId, memberId, generation);
      const fault = refused === errorCode.none ? attempt(() => offsets.commit(groupId, sound)) : refused;
      const answer = (_: string, { committed, error }: (typeof all)[number]) => {
        return { index: committed.partition, error: fault === errorCode.none ? error : fault };
      };
      return { topics: mapPartitions(checked, answer) };
    }),
    route(offsetFetch, ({ groupId, topics: wanted }) => {
      const committed = offsets.get(groupId);
      const topicsAnswered = mapPartitions(wanted ?? groupByTopic(committed), (name, index) => {
        const found = committed.find(({ topic, partition }) => topic === name && partition === index);
        return { index, offset: -1, metadata: "", ...found, error: errorCode.none };
      });
      return { topics: topicsAnswered, error: errorCode.none };
    }),
  ];
}

function groupByTopic(committed: readonly CommittedOffset[]) {
  return [...new Set(committed.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: committed.filter(({ topic }) => topic === name).map(({ partition }) => partition),
  }));
}
