import { createRequire } from "node:module";
import { markAborted, type AbortedTransaction, type FetchedMessage as Message } from "./aborted-records.js";
import { areFetched } from "./fetched-record.js";
import { decodeOwnRecords, keepAll, type LookupRequest } from "./kafkajs-fetch.js";

/** A record in an answer to a fetch, as kafkajs decodes it. */
export interface FetchedMessage extends Message {
  readonly timestamp: string;
  readonly value: Uint8Array | null;
}

/** A partition in an answer to a fetch, as kafkajs decodes it. Kafka before 0.11 knows no transactions. */
interface FetchedPartition {
  readonly partition: number;
  highWatermark: string;
  readonly lastStableOffset?: string;
  abortedTransactions?: readonly AbortedTransaction[] | null;
  readonly messages: readonly FetchedMessage[];
}

interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

interface OffsetsRequest {
  readonly isolationLevel?: number | undefined;
  readonly topics: readonly { readonly partitions: readonly { readonly timestamp: number }[] }[];
}

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** What is used of kafkajs's part that asks one broker. */
export interface Broker {
  readonly connectionPool: { readonly socketFactory: object };
  lookupRequest: LookupRequest;
  fetch(request: FetchRequest): Promise<{ readonly responses: readonly { readonly partitions: FetchedPartition[] }[] }>;
  listOffsets(request: OffsetsRequest): Promise<OffsetsAnswer>;
}

/** Gets from a client's answers what kafkajs keeps to itself. Offsets are as kafkajs gives them. */
export interface BrokerObserver {
  /** Whether records are decoded here (`FetchedRecord`): then nobody but this project may look at them. */
  readonly ownRecords?: boolean;
  /** An answer to a fetch told where the partition ends: what can be read, and what is in the log. */
  fetched?(partition: number, lastStableOffset: string, highWatermark: string): void;
  /** The ends of partitions are asked for: `highWatermark` was read before the end of what can be read. */
  listed?(partition: number, highWatermark: string, leader: Broker): void;
}

const require = createRequire(import.meta.url);
const BROKER = "kafkajs/src/broker";
const READ_UNCOMMITTED = 0;
/** ListOffsets takes it for a partition's end. */
const LATEST = -1;

/** By the function that opens a client's sockets: it is what a client's brokers have in common. */
const observers = new WeakMap<object, BrokerObserver>();
let isDone = false;

/** `openSocket` is the client's own `socketFactory`. */
export function observeBrokers(openSocket: object, observer: BrokerObserver): void {
  patchKafkajsBroker();
  observers.set(openSocket, observer);
}

/**
 * Changes what kafkajs makes of answers. In a fetch, aborted records are known by their producers, for all clients of the process:
 * kafkajs takes a record whose key is four zero bytes for the end of an aborted transaction, and knows one of several transactions
 * too late. For clients that are observed, the high watermark is the last stable offset: the end of what can be read.
 */
export function patchKafkajsBroker(): void {
  if (isDone) return;
  isDone = true;
  const { prototype } = require(BROKER) as { readonly prototype: Broker };
  const { fetch, listOffsets } = prototype;

  prototype.fetch = async function fetchCommitted(this: Broker, request) {
    const observer = observers.get(this.connectionPool.socketFactory);
    if (observer?.ownRecords === true) this.lookupRequest = decodeOwnRecords(this.lookupRequest);
    const answer = await fetch.call(this, request);
    const starts = observer?.ownRecords === true ? fetchOffsetsOf(request) : undefined;
    for (const partition of answer.responses.flatMap(({ partitions }) => partitions)) {
      dropAborted(partition);
      if (starts !== undefined) keepWhole(partition, starts);
      if (observer !== undefined) tellEnds(partition, observer);
    }
    return answer;
  };

  prototype.listOffsets = async function listBothEnds(this: Broker, request) {
    const observer = observers.get(this.connectionPool.socketFactory);
    const isOfEnds = request.topics.every(({ partitions }) =>
      partitions.every(({ timestamp }) => timestamp === LATEST),
    );
    if (observer?.listed !== undefined && isOfEnds) {
      const all = await listOffsets.call(this, { ...request, isolationLevel: READ_UNCOMMITTED });
      for (const { partition, offset } of all.responses.flatMap(({ partitions }) => partitions))
        observer.listed(partition, offset, this);
    }
    return listOffsets.call(this, request);
  };
}

function dropAborted(fetched: FetchedPartition): void {
  const { abortedTransactions, messages } = fetched;
  // It is null where all records were asked for.
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  markAborted(messages, abortedTransactions);
  fetched.abortedTransactions = [];
}

/** Where the fetch begins in each partition. All topics of a client's fetches are one. */
function fetchOffsetsOf({ topics }: FetchRequest): ReadonlyMap<number, number> {
  const asked = topics.flatMap(({ partitions }) => partitions);
  return new Map(asked.map(({ partition, fetchOffset }) => [partition, Number(fetchOffset)]));
}

function keepWhole({ partition, messages }: FetchedPartition, starts: ReadonlyMap<number, number>): void {
  const start = starts.get(partition);
  if (start !== undefined && areFetched(messages)) keepAll(messages, start);
}

function tellEnds(fetched: FetchedPartition, observer: BrokerObserver): void {
  const { partition, highWatermark, lastStableOffset } = fetched;
  if (lastStableOffset === undefined || lastStableOffset.startsWith("-")) return;
  fetched.highWatermark = lastStableOffset;
  observer.fetched?.(partition, lastStableOffset, highWatermark);
}
