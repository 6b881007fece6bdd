import { fetch, produce } from "../src/protocol/data-apis.js";
import type { ProtocolClient } from "./protocol-client.js";

/** Produces one batch; resolves to the partition's answer. */
export async function send(client: ProtocolClient, topic: string, records: Buffer | null, index = 0, acks = -1) {
  const answer = await client.request(produce, {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topics: [{ name: topic, partitions: [{ index, records }] }],
  });
  const partition = answer.topics[0]?.partitions[0];
  if (partition === undefined) throw new Error("no answer for the partition");
  return partition;
}

export interface FetchOptions {
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
}

/** Fetches from the given offsets of partitions 0, 1, …; resolves to their answers. */
export async function fetchFrom(
  client: ProtocolClient,
  topic: string,
  offsets: readonly number[],
  options: FetchOptions = {},
) {
  const answer = await client.request(fetch, {
    replicaId: -1,
    maxWaitMs: options.maxWaitMs ?? 0,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 2 ** 24,
    isolationLevel: 1,
    sessionId: options.sessionId ?? 0,
    sessionEpoch: options.sessionEpoch ?? -1,
    topics: [
      {
        name: topic,
        partitions: offsets.map((fetchOffset, index) => ({
          index,
          currentLeaderEpoch: -1,
          fetchOffset,
          logStartOffset: -1,
          maxBytes: options.partitionMaxBytes ?? 2 ** 20,
        })),
      },
    ],
    forgotten: [],
    rackId: "",
  });
  return { error: answer.error, partitions: answer.topics[0]?.partitions ?? [] };
}
