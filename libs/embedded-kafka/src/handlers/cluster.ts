import type { PartitionLog } from "../log/partition-log.js";
import type { TopicRegistry } from "../log/topic-registry.js";
import { mapPartitions } from "../protocol/codec.js";
import { listOffsets, metadata } from "../protocol/data-apis.js";
import { errorCode } from "../protocol/error-code.js";
import { findCoordinator } from "../protocol/group-apis.js";
import { route, type Route } from "../protocol/route.js";

/** How clients reach this broker. */
export interface Node {
  readonly host: string;
  readonly port: number;
  readonly clusterId: string;
}

const nodeId = 1;
const earliest = -2;
const latest = -1;
const notFound = { timestamp: -1, offset: -1 };

/** What there is and where it is. `node` is asked for each time: the port is only known once the broker listens. */
export function clusterRoutes(topics: TopicRegistry, node: () => Node): readonly Route[] {
  function describeTopic(name: string) {
    const topic = topics.get(name);
    // Never created here, whatever allow_auto_topic_creation says.
    const error = topic === undefined ? errorCode.unknownTopicOrPartition : errorCode.none;
    const replicas = [nodeId];
    const partitions = (topic?.partitions ?? []).map((_, index) => {
      return { error, index, leader: nodeId, replicas, inSyncReplicas: replicas, offlineReplicas: [] };
    });
    return { error, name, isInternal: false, partitions };
  }

  return [
    route(metadata, (request) => {
      const { host, port, clusterId } = node();
      const names = [...new Set(request.topics ?? topics.names())];
      const brokers = [{ nodeId, host, port, rack: null }];
      return { brokers, clusterId, controllerId: nodeId, topics: names.map(describeTopic) };
    }),
    route(findCoordinator, ({ keyType }) => {
      if (keyType === 0) return { error: errorCode.none, errorMessage: null, nodeId, ...node() };
      const errorMessage = "This broker coordinates groups only: it has no transactions.";
      return { error: errorCode.invalidRequest, errorMessage, nodeId: -1, host: "", port: -1 };
    }),
    route(listOffsets, (request) => ({
      topics: mapPartitions(request.topics, (name, { index, timestamp }) => {
        const log = topics.partition(name, index);
        return log === undefined
          ? { index, error: errorCode.unknownTopicOrPartition, ...notFound }
          : { index, error: errorCode.none, ...findOffset(log, timestamp) };
      }),
    })),
  ];
}

function findOffset(log: PartitionLog, timestamp: number) {
  if (timestamp === latest) return { ...notFound, offset: log.endOffset() };
  if (timestamp === earliest) return { ...notFound, offset: log.startOffset() };
  return log.findByTimestamp(timestamp) ?? notFound;
}
