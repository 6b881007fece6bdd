import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nameFormat } from "../src/known-formats.js";
import { orders } from "./orders.js";

const order = {
  orderNo: "A-1",
  shop: "Århus",
  cents: 1250,
  items: 1,
  discount: null,
  placedAt: "2024-03-01T10:00:05Z",
};
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const event = json(order);
const isEvent = (bytes: Uint8Array) => orders.event.decode(bytes).ok;
const behind = (prefix: readonly number[], bytes: Uint8Array) => Buffer.concat([Uint8Array.from(prefix), bytes]);
/** A record as Avro encodes it: lengths before texts, numbers as varints. */
const avro = Buffer.from("\u0006A-1\u000cAarhus\u009c\u0013", "latin1");
const utf16 = Buffer.from(JSON.stringify(order), "utf16le");
const utf32 = (isLittle: boolean) =>
  Buffer.concat(
    [...JSON.stringify(order)].map((one) => {
      const bytes = Buffer.alloc(4);
      if (isLittle) bytes.writeUInt32LE(one.codePointAt(0) ?? 0);
      else bytes.writeUInt32BE(one.codePointAt(0) ?? 0);
      return bytes;
    }),
  );
const change = { before: null, after: order, source: { db: "shop" }, op: "c", ts_ms: 1 };
const schema = { type: "struct", fields: [{ type: "string", field: "orderNo" }], name: "shop.orders.Envelope" };
const cloudEvent = { specversion: "1.0", id: "1", source: "/shop", type: "order", data: order };

const named: readonly (readonly [what: string, bytes: Uint8Array, name: RegExp])[] = [
  [
    "Confluent's framing of Avro",
    behind([0, 0, 0, 1, 2], avro),
    /Confluent's Schema Registry \(00, and schema id 258\), and no JSON/,
  ],
  [
    "Confluent's framing of Protobuf",
    behind([0, 0, 0, 0, 7, 0], Uint8Array.of(10, 3, 65, 45, 49)),
    /schema id 7\), and no JSON/,
  ],
  [
    "Confluent's framing of JSON",
    behind([0, 0, 0, 0, 7], event),
    /schema id 7\), and an event of this pipeline follows after 5 bytes/,
  ],
  [
    "Confluent's framing of other JSON",
    behind([0, 0, 0, 0, 7], json({})),
    /schema id 7\), and JSON follows after 5 bytes/,
  ],
  [
    "Apicurio's framing of JSON",
    behind([0, 0, 0, 0, 0, 0, 0, 0, 9], event),
    /id 9\), and an event of this pipeline follows after 9/,
  ],
  ["AWS Glue's framing", behind([3, 0, ...Array.from({ length: 16 }, () => 9)], avro), /AWS Glue/],
  [
    "AWS Glue's compressed framing",
    behind([3, 5, ...Array.from({ length: 16 }, () => 9)], deflateSync(avro)),
    /AWS Glue.*zlib/,
  ],
  ["Avro without framing", avro, /binary, and no mark tells their format, as with Avro and Protobuf/],
  ["Protobuf without framing", Uint8Array.of(10, 3, 65, 45, 49, 16, 226, 9), /binary, and no mark/],
  ["Avro's single-object encoding", behind([0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8], avro), /single-object/],
  ["an Avro file", behind([0x4f, 0x62, 0x6a, 1], avro), /object container file/],
  ["gzip", gzipSync(event), /compressed by gzip/],
  ["zstd", behind([0x28, 0xb5, 0x2f, 0xfd], avro), /compressed by zstd/],
  ["UTF-16, little", utf16, /text in UTF-16/],
  ["UTF-16, big", Buffer.from(utf16).swap16(), /text in UTF-16/],
  ["UTF-16 with a mark", behind([0xff, 0xfe], utf16), /text in UTF-16/],
  ["UTF-16, big, with a mark", behind([0xfe, 0xff], Buffer.from(utf16).swap16()), /text in UTF-16/],
  ["UTF-32, little", utf32(true), /text in UTF-32/],
  ["UTF-32, big", utf32(false), /text in UTF-32/],
  ["Java's serialization", Uint8Array.of(0xac, 0xed, 0, 5, 0x73), /serialized Java objects/],
  ["Debezium", json(change), /change event of Debezium, and the row is in "after"/],
  ["Debezium with a schema", json({ schema, payload: change }), /change event of Debezium with its schema/],
  [
    "the start of a longer one",
    json({ schema, payload: change }).subarray(0, 120),
    /change event of Debezium with its schema/,
  ],
  [
    "Connect's JSON with a schema",
    json({ schema: { ...schema, name: "o" }, payload: order }),
    /Kafka Connect's schema around it/,
  ],
  ["CloudEvents", json(cloudEvent), /CloudEvent in structured mode/],
  ["an event in another object", json({ meta: {}, order }), /an event of this pipeline in its "order"/],
  ["an event that was serialized twice", json(JSON.stringify(order)), /serialized twice/],
  ["an array of events", json([order, order]), /an array of events of this pipeline/],
  ["an array of other objects", json([{}]), /an array: send/],
  ["lines of JSON", Buffer.from(`${event.toString()}\n${event.toString()}\n`), /several lines of JSON/],
  ["Base64", Buffer.from(event.toString("base64")), /an event of this pipeline in Base64/],
  ["XML", Buffer.from("<?xml version='1.0'?><order/>"), /XML/],
];

describe("what a rejected value is", () => {
  it.each(named)("is named: %s", (_, bytes, name) => {
    expect(nameFormat(bytes, isEvent)).toMatch(name);
  });

  const unnamed: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array()],
    ["an object with other fields", json({ order: 1, before: 2 })],
    ["an object within others that is no event", json({ payload: { orderNo: "A-1" } })],
    ["half an object", Buffer.from('{"orderNo":"A')],
    ["lines of text", Buffer.from("A-1;Aarhus\nA-2;Aarhus\n")],
    ["a word", Buffer.from("AAAAAAAA")],
    ["a text", json("hello")],
    ["numbers", json([1, 2])],
  ];
  it.each(unnamed)("is not guessed: %s", (_, bytes) => {
    expect(nameFormat(bytes, isEvent)).toBeUndefined();
  });
});
