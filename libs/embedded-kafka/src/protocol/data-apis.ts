import { api } from "./api.js";
import * as is from "./codec.js";

// Messages as in https://kafka.apache.org/protocol, fields in their order.

const versionRange = is.each(is.int16, "key", "min", "max");
/** The one API that is served in several versions, 0 to 2: clients ask it first. Version 0 has no throttle time. */
export const apiVersions = api([18, 2], {}, { error: is.int16, apis: is.list(versionRange) }, "end");
export const apiVersionsResponse0 = is.struct({ error: is.int16, apis: is.list(versionRange) });

const metadataPartition = {
  error: is.int16,
  ...is.each(is.int32, "index", "leader"),
  ...is.each(is.array(is.int32), "replicas", "inSyncReplicas", "offlineReplicas"),
};
export const metadata = api(
  [3, 6],
  { topics: is.nullableArray(is.string), allowAutoTopicCreation: is.boolean },
  {
    brokers: is.list({ nodeId: is.int32, host: is.string, port: is.int32, rack: is.nullableString }),
    clusterId: is.nullableString,
    controllerId: is.int32,
    topics: is.list({
      error: is.int16,
      name: is.string,
      isInternal: is.boolean,
      partitions: is.list(metadataPartition),
    }),
  },
);

const produced = is.each(is.int64, "baseOffset", "logAppendTimeMs", "logStartOffset");
export const produce = api(
  [0, 7],
  {
    transactionalId: is.nullableString,
    acks: is.int16,
    timeoutMs: is.int32,
    topics: is.byPartition({ index: is.int32, records: is.nullableBytes }),
  },
  { topics: is.byPartition({ index: is.int32, error: is.int16, ...produced }) },
  "end",
);

const wantedRecords = {
  ...is.each(is.int32, "index", "currentLeaderEpoch"),
  ...is.each(is.int64, "fetchOffset", "logStartOffset"),
  maxBytes: is.int32,
};
export const fetch = api(
  [1, 11],
  {
    ...is.each(is.int32, "replicaId", "maxWaitMs", "minBytes", "maxBytes"),
    isolationLevel: is.int8,
    ...is.each(is.int32, "sessionId", "sessionEpoch"),
    topics: is.byPartition(wantedRecords),
    forgotten: is.list({ name: is.string, partitions: is.array(is.int32) }),
    rackId: is.string,
  },
  {
    error: is.int16,
    sessionId: is.int32,
    topics: is.byPartition({
      index: is.int32,
      error: is.int16,
      ...is.each(is.int64, "highWatermark", "lastStableOffset", "logStartOffset"),
      aborted: is.nullableArray(is.struct(is.each(is.int64, "producerId", "firstOffset"))),
      preferredReadReplica: is.int32,
      records: is.bytes,
    }),
  },
);

export const listOffsets = api(
  [2, 3],
  { replicaId: is.int32, isolationLevel: is.int8, topics: is.byPartition({ index: is.int32, timestamp: is.int64 }) },
  { topics: is.byPartition({ index: is.int32, error: is.int16, timestamp: is.int64, offset: is.int64 }) },
);

export const initProducerId = api(
  [22, 1],
  { transactionalId: is.nullableString, transactionTimeoutMs: is.int32 },
  { error: is.int16, producerId: is.int64, producerEpoch: is.int16 },
);
