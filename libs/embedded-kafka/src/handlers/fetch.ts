import type { TopicRegistry } from "../log/topic-registry.js";
import { mapPartitions, type Value } from "../protocol/codec.js";
import { fetch } from "../protocol/data-apis.js";
import { errorCode } from "../protocol/error-code.js";
import { route, type Route } from "../protocol/route.js";

type Request = Value<typeof fetch.request>;
/** Kafka's fetch.max.bytes: an answer of the broker holds no more, whatever was asked for. */
const maxAnswerBytes = 55 * 1024 * 1024;

type Wanted = Request["topics"][number]["partitions"][number];

/** `closing` ends the fetches that wait. */
export function fetchRoute(topics: TopicRegistry, closing: AbortSignal): Route {
  function find(topic: string, { index, fetchOffset }: Wanted) {
    const log = topics.partition(topic, index);
    if (log === undefined) return { error: errorCode.unknownTopicOrPartition };
    const isInRange = fetchOffset >= log.startOffset() && fetchOffset <= log.endOffset();
    return { log, error: isInRange ? errorCode.none : errorCode.offsetOutOfRange };
  }

  /** Whether there is enough to answer, or an error to tell. */
  function isReady(request: Request): boolean {
    let bytes = 0;
    for (const { name, partitions } of request.topics) {
      for (const wanted of partitions) {
        const { log, error } = find(name, wanted);
        if (log === undefined || error !== errorCode.none) return true;
        bytes += Math.min(wanted.maxBytes, log.bytesFrom(wanted.fetchOffset));
      }
    }
    return bytes >= Math.min(request.minBytes, request.maxBytes, maxAnswerBytes);
  }

  function waitUntilReady(request: Request): Promise<void> {
    return new Promise((resolve) => {
      const ends = findLogs(request).map((log) => log?.onChange(wake));
      const timer = setTimeout(finish, request.maxWaitMs);
      closing.addEventListener("abort", finish);
      let isScheduled = false;

      /** Looks once per turn: a produce request that fills eight partitions gives one answer, not eight. */
      function wake(): void {
        if (isScheduled) return;
        isScheduled = true;
        setImmediate(() => {
          isScheduled = false;
          if (isReady(request)) finish();
        });
      }
      function finish(): void {
        clearTimeout(timer);
        closing.removeEventListener("abort", finish);
        ends.forEach((end) => end?.());
        resolve();
      }
    });
  }

  /** The log of each partition in the order of the request. */
  const findLogs = ({ topics: wanted }: Request) =>
    wanted.flatMap(({ name, partitions }) => partitions.map((each) => find(name, each).log));

  /** `known`: the logs when the request came. One that was deleted and made anew meanwhile is not the one that was asked for. */
  function read(request: Request, known: ReturnType<typeof findLogs>): Value<typeof fetch.response> {
    let bytesLeft = Math.min(request.maxBytes, maxAnswerBytes);
    let isEmpty = true;
    let at = 0;

    function readPartition(topic: string, wanted: Wanted) {
      const found = find(topic, wanted);
      const isOther = found.log !== known[at];
      at += 1;
      const { log, error } = isOther ? { log: undefined, error: errorCode.unknownTopicOrPartition } : found;
      const maxBytes = Math.max(0, Math.min(wanted.maxBytes, bytesLeft));
      // The first batch of an answer comes whole whatever its size, or its reader could never go on.
      const isReadable = log !== undefined && error === errorCode.none && (maxBytes > 0 || isEmpty);
      const records = isReadable ? log.read(wanted.fetchOffset, maxBytes, isEmpty) : Buffer.alloc(0);
      isEmpty &&= records.length === 0;
      bytesLeft -= records.length;
      // With an error nothing is told of the log.
      const told = error === errorCode.none ? log : undefined;
      return {
        index: wanted.index,
        error,
        highWatermark: told?.endOffset() ?? -1,
        // No transactions: all that is in the log is stable.
        lastStableOffset: told?.endOffset() ?? -1,
        logStartOffset: told?.startOffset() ?? -1,
        aborted: null,
        preferredReadReplica: -1,
        records,
      };
    }

    return { error: errorCode.none, sessionId: 0, topics: mapPartitions(request.topics, readPartition) };
  }

  return route(fetch, async (request) => {
    // No fetch sessions: a client that asks for one (epoch 0) is given id 0, and goes on without; none can be gone on with.
    if (request.sessionEpoch > 0) return { error: errorCode.fetchSessionNotFound, sessionId: 0, topics: [] };
    const known = findLogs(request);
    if (request.maxWaitMs > 0 && !isReady(request)) await waitUntilReady(request);
    return read(request, known);
  });
}
