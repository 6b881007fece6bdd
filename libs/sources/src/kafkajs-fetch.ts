import { createRequire } from "node:module";
import type { FetchedRecord } from "./fetched-record.js";
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
const KNOWN_VERSION = "2.2.4";
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
  const { version } = require("kafkajs/package.json") as { version: string };
  if (version !== KNOWN_VERSION) return lookup;
  const lookupOwn: LookupRequest = (apiKey, definition) => {
    const make = lookup(apiKey, definition);
    if (apiKey !== FETCH) return make;
    return (options) => {
      const { request, response, ...rest } = make(options);
      const { apiVersion } = request;
      if (apiVersion < VERSIONS.least || apiVersion > VERSIONS.most) return { request, response, ...rest };
      return { ...rest, request, response: { ...response, decode: (answer) => decodeAnswer(answer, apiVersion) } };
    };
  };
  own.add(lookupOwn);
  return lookupOwn;
}

async function decodeAnswer(answer: Buffer, version: number): Promise<object> {
  const KafkajsDecoder = require(`${PROTOCOL}/decoder`) as new (bytes: Buffer) => Decoder;
  const decoder = new KafkajsDecoder(answer);
  const throttleTime = decoder.readInt32();
  const session = version < 7 ? {} : { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() };
  const responses = await decoder.readArrayAsync(async (topic) => ({
    topicName: topic.readString(),
    partitions: await topic.readArrayAsync((partition) => decodePartition(partition, version)),
  }));
  // From version 8 on the broker leaves it to the client to wait (KIP-219).
  const throttled = version < 8 ? { throttleTime } : { throttleTime: 0, clientSideThrottleTime: throttleTime };
  return { ...throttled, ...session, responses };
}

async function decodePartition(decoder: Decoder, version: number) {
  const readInt64 = () => decoder.readInt64().toString();
  return {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: readInt64(),
    lastStableOffset: readInt64(),
    ...(version >= 5 && { lastStartOffset: readInt64() }),
    abortedTransactions: decoder.readArray(() => ({ producerId: readInt64(), firstOffset: readInt64() })),
    ...(version >= 11 && { preferredReadReplica: decoder.readInt32() }),
    messages: await decodeMessages(decoder),
  };
}

/** The records by `decodeBatches`, or else by kafkajs: in an older format, or broken. */
async function decodeMessages(decoder: Decoder): Promise<readonly object[]> {
  const { buffer, offset } = decoder;
  const length = decoder.readInt32();
  if (length <= 0 || !decoder.canReadBytes(length)) return [];
  const { lookupCodecByAttributes } = require(`${PROTOCOL}/message/compression`) as {
    readonly lookupCodecByAttributes: FindCodec;
  };
  const records = await decodeBatches(decoder.readBytes(length), lookupCodecByAttributes);
  if (records !== undefined) return records;
  const KafkajsDecoder = require(`${PROTOCOL}/decoder`) as new (bytes: Buffer) => Decoder;
  const decode = require(`${PROTOCOL}/requests/fetch/v4/decodeMessages`) as (from: Decoder) => Promise<object[]>;
  return decode(new KafkajsDecoder(buffer.subarray(offset)));
}

/**
 * Tells kafkajs, which compares the offset of each record with that of the fetch by bigints, that all of them are to be read. `fetchOffset` is
 * where the fetch began. The array is for kafkajs alone from now on: its `filter` leaves nothing out.
 */
export function keepAll(records: FetchedRecord[], fetchOffset: number): void {
  const isRead = (records[0]?.offset ?? -1) >= fetchOffset && !records.some(({ isControlRecord }) => isControlRecord);
  if (isRead) Object.defineProperty(records, "filter", { value: () => records });
}
