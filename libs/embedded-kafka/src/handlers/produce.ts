import type { AppendResult } from "../log/partition-log.js";
import type { TopicRegistry } from "../log/topic-registry.js";
import { mapPartitions } from "../protocol/codec.js";
import { initProducerId, produce } from "../protocol/data-apis.js";
import { errorCode } from "../protocol/error-code.js";
import { route, type Route } from "../protocol/route.js";
import type { BrokerState } from "../storage/broker-state.js";
import { attempt } from "./attempt.js";

export function produceRoutes(
  topics: TopicRegistry,
  state: BrokerState,
  log: (line: string) => void,
): readonly Route[] {
  function append(topic: string, index: number, records: Buffer): AppendResult {
    const partition = topics.partition(topic, index);
    if (partition === undefined) return { error: errorCode.unknownTopicOrPartition };
    let result: AppendResult = { error: errorCode.none };
    const error = attempt(() => (result = partition.append(records, Date.now())));
    if (error !== errorCode.none) log(`could not write to ${topic}/${index}: is the disk full?`);
    return error === errorCode.none ? result : { error };
  }

  return [
    route(produce, ({ acks, topics: sent }) => {
      const answered = mapPartitions(sent, (name, { index, records }) => {
        const isValid = acks >= -1 && acks <= 1;
        const result = isValid
          ? append(name, index, records ?? Buffer.alloc(0))
          : { error: errorCode.invalidRequiredAcks };
        const logStartOffset = topics.partition(name, index)?.startOffset() ?? -1;
        return { index, baseOffset: -1, logAppendTimeMs: -1, logStartOffset, ...result };
      });
      return acks === 0 ? null : { topics: answered };
    }),
    route(initProducerId, ({ transactionalId }) => {
      // No transactions: a transactional producer is told at its first step.
      if (transactionalId !== null) return { error: errorCode.invalidRequest, producerId: -1, producerEpoch: -1 };
      let producerId = -1;
      const error = attempt(() => (producerId = state.nextProducerId()));
      return { error, producerId, producerEpoch: 0 };
    }),
  ];
}
