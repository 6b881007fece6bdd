import { createRequire } from "node:module";
import type { FetchedRecord } from "./fetched-record.js";
import { isKnownKafkajs } from "./known-kafkajs.js";
import { decodeBatches, type FindCodec } from "./record-batches.js";

/** What is used of kafkajs's own reader of the protocol's bytes. */
interface Decoder {
  readonly buffer: Buffer;
  readonly offset: number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
  readArray<Item>(read: (decoder: Decoder) => Item): Item[];
  readArrayAsync<Item>(read: (decoder: Decoder) => Promise<Item>): Promise<Item[]>;
}

interface Protocol {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(answer: Buffer): Promise<object> };
}

type MakeRequest = (options: object) => Protocol;

/** Finds how a request is made, and its answer is read, by the versions that a broker knows. */
export type LookupRequest = (apiKey: number, definition: object) => MakeRequest;

const require = createRequire(import.meta.url);
const FETCH = 1;
/** Of the request; earlier ones bring records in an older format. */
const VERSIONS = { least: 4, most: 11 };
const PROTOCOL = "kafkajs/src/protocol";

/** Functions that look up kafkajs's requests, and read the records of fetches as is done here. */
const own = new WeakSet<LookupRequest>();

/**
 * The same function, but records of fetches are decoded here: kafkajs makes some 800 bytes of objects for each of them, and reads numbers
 * as bigints. Another release of kafkajs than 2.2.4 is left as it is.
 */
export function decodeOwnRecords(lookup: LookupRequest): LookupRequest {
  if (own.has(lookup)) return lookup;
  if (!isKnownKafkajs()) return lookup;
  const kafkajs = loadProtocol();
  const lookupOwn: LookupRequest = (apiKey, definition) => {
    const make = lookup(apiKey, definition);
    if (apiKey !== FETCH) return make;
    return (options) => {
      const { request, response, ...rest } = make(options);
      const { apiVersion } = request;
      if (apiVersion < VERSIONS.least || apiVersion > VERSIONS.most) return { request, response, ...rest };
      return {
        ...rest,
        request,
        response: { ...response, decode: (answer) => decodeAnswer(kafkajs, answer, apiVersion) },
      };
    };
  };
  own.add(lookupOwn);
  return lookupOwn;
}

/** What is used of kafkajs's protocol. */
interface KafkajsProtocol {
  readonly Decoder: new (bytes: Buffer) => Decoder;
  readonly lookupCodecByAttributes: FindCodec;
  readonly decodeMessages: (from: Decoder) => Promise<object[]>;
}

function loadProtocol(): KafkajsProtocol {
  const { lookupCodecByAttributes } = require(`${PROTOCOL}/message/compression`) as KafkajsProtocol;
  return {
    Decoder: require(`${PROTOCOL}/decoder`) as KafkajsProtocol["Decoder"],
    lookupCodecByAttributes,
    decodeMessages: require(`${PROTOCOL}/requests/fetch/v4/decodeMessages`) as KafkajsProtocol["decodeMessages"],
  };
}

async function decodeAnswer(kafkajs: KafkajsProtocol, answer: Buffer, version: number): Promise<object> {
  const decoder = new kafkajs.Decoder(answer);
  const throttleTime = decoder.readInt32();
  const session = version < 7 ? {} : { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() };
  const responses = await decoder.readArrayAsync(async (topic) => ({
    topicName: topic.readString(),
    partitions: await topic.readArrayAsync((partition) => decodePartition(kafkajs, partition, version)),
  }));
  // From version 8 on the broker leaves it to the client to wait (KIP-219).
  const throttled = version < 8 ? { throttleTime } : { throttleTime: 0, clientSideThrottleTime: throttleTime };
  return { ...throttled, ...session, responses };
}

async function decodePartition(kafkajs: KafkajsProtocol, decoder: Decoder, version: number) {
  const readInt64 = () => decoder.readInt64().toString();
  return {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: readInt64(),
    lastStableOffset: readInt64(),
    ...(version >= 5 && { lastStartOffset: readInt64() }),
    abortedTransactions: decoder.readArray(() => ({ producerId: readInt64(), firstOffset: readInt64() })),
    ...(version >= 11 && { preferredReadReplica: decoder.readInt32() }),
    messages: await decodeMessages(kafkajs, decoder),
  };
}

/** The records by `decodeBatches`, or else by kafkajs: in an older format, or broken. */
async function decodeMessages(kafkajs: KafkajsProtocol, decoder: Decoder): Promise<readonly object[]> {
  const { buffer, offset } = decoder;
  const length = decoder.readInt32();
  if (length <= 0 || !decoder.canReadBytes(length)) return [];
  const records = await decodeBatches(decoder.readBytes(length), kafkajs.lookupCodecByAttributes);
  return records ?? kafkajs.decodeMessages(new kafkajs.Decoder(buffer.subarray(offset)));
}

/**
 * Tells kafkajs, which compares the offset of each record with that of the fetch by bigints, that all of them are to be read. `fetchOffset` is
 * where the fetch began. The array is for kafkajs alone from now on: its `filter` leaves nothing out.
 */
export function keepAll(records: readonly FetchedRecord[], fetchOffset: number): void {
  const isRead = (records[0]?.offset ?? -1) >= fetchOffset && !records.some(({ isControlRecord }) => isControlRecord);
  if (isRead) Object.defineProperty(records, "filter", { value: () => records });
}
