import { describeJson } from "./known-json.js";

/** Whether the pipeline takes these bytes as an event. */
export type IsEvent = (bytes: Uint8Array) => boolean;

const ZERO = 0x00;
const CONFLUENT_PREFIX = 5;
const APICURIO_PREFIX = 9;
const OWN_DECODER = "a decoder of your own can read it (`defineEvent`)";

/** The first bytes of formats that no JSON begins with. */
const MARKS: readonly (readonly [first: readonly number[], name: string])[] = [
  [[0x1f, 0x8b, 0x08], packed("gzip")],
  [[0x28, 0xb5, 0x2f, 0xfd], packed("zstd")],
  [[0x04, 0x22, 0x4d, 0x18], packed("lz4")],
  [[0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], packed("snappy")],
  [[0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59], packed("snappy")],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], packed("xz")],
  [[0x42, 0x5a, 0x68], packed("bzip2")],
  [[0x50, 0x4b, 0x03, 0x04], "each value is a ZIP archive"],
  [[0x4f, 0x62, 0x6a, 0x01], `each value is an Avro object container file: ${OWN_DECODER}`],
  [[0xc3, 0x01], `the values are in Avro's single-object encoding (c3 01, and a schema's fingerprint): ${OWN_DECODER}`],
  [[0x03, 0x00], glue("")],
  [[0x03, 0x05], glue(", compressed by zlib")],
  [[0xac, 0xed, 0x00, 0x05], "the values are serialized Java objects"],
  [[0xd9, 0xd9, 0xf7], `the values are CBOR: ${OWN_DECODER}`],
];

/** By the byte-order mark, or where no mark tells, by the first two characters of a JSON object. */
const ENCODINGS = [
  {
    name: "UTF-32",
    first: [
      [0xff, 0xfe, 0, 0],
      [0, 0, 0xfe, 0xff],
    ],
  },
  {
    name: "UTF-16",
    first: [
      [0xff, 0xfe],
      [0xfe, 0xff],
    ],
  },
] as const;

/**
 * Names the format of a value that was rejected, by what is certain in its bytes; undefined where nothing is. `bytes` may be the start
 * of a longer value.
 */
export function nameFormat(bytes: Uint8Array, isEvent: IsEvent): string | undefined {
  const mark = MARKS.find(([first]) => startsWith(bytes, first));
  if (mark !== undefined) return mark[1];
  const encoding =
    ENCODINGS.find(({ first }) => first.some((one) => startsWith(bytes, one)))?.name ?? guessWidth(bytes);
  if (encoding !== undefined) return `the values are text in ${encoding}: JSON is read in UTF-8`;
  if (bytes[0] === ZERO && bytes.length >= CONFLUENT_PREFIX) return nameFraming(bytes, isEvent);
  const text = textOf(bytes);
  if (text !== undefined && !hasControls(text)) return describeJson(text, isEvent);
  return bytes.length === 0
    ? undefined
    : `the values are binary, and no mark tells their format, as with Avro and Protobuf without framing: ${OWN_DECODER}`;
}

function packed(name: string): string {
  return `each value by itself is compressed by ${name}: clients unpack only what compression.type of the producer has packed`;
}

function glue(how: string): string {
  return `the values are framed by AWS Glue Schema Registry (03, and a schema version's id${how}): ${OWN_DECODER}`;
}

function startsWith(bytes: Uint8Array, first: readonly number[]): boolean {
  return bytes.length >= first.length && first.every((byte, at) => bytes[at] === byte);
}

function isOpening(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}

/** `{"` and `[{` in 16 or 32 bits: every other byte is zero. */
function guessWidth(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (bytes.length < 8) return undefined;
  if (isOpening(a) && b === 0 && c === 0 && d === 0) return "UTF-32";
  if (a === 0 && b === 0 && c === 0 && isOpening(d)) return "UTF-32";
  const isWide = (at: number) => [0, 2, 4, 6].every((pair) => bytes[pair + at] !== 0 && bytes[pair + 1 - at] === 0);
  if ((isOpening(a) && isWide(0)) || (isOpening(b) && isWide(1))) return "UTF-16";
  return undefined;
}

function nameFraming(bytes: Uint8Array, isEvent: IsEvent): string {
  const idOf = (to: number) => bytes.subarray(1, to).reduce((id, byte) => id * 256 + byte, 0);
  const json = (from: number) => textOf(bytes.subarray(from))?.trimStart().startsWith("{") === true;
  if (json(CONFLUENT_PREFIX)) {
    const rest = isEvent(bytes.subarray(CONFLUENT_PREFIX)) ? "an event of this pipeline" : "JSON";
    return `the values are framed by a JSON serializer of Confluent's Schema Registry (00, and schema id ${idOf(CONFLUENT_PREFIX)}), and ${rest} follows after 5 bytes: ${OWN_DECODER}`;
  }
  if (bytes.length >= APICURIO_PREFIX && json(APICURIO_PREFIX)) {
    const rest = isEvent(bytes.subarray(APICURIO_PREFIX)) ? "an event of this pipeline" : "JSON";
    return `the values are framed by a JSON serializer with ids of 8 bytes, as Apicurio Registry's (00, and id ${idOf(APICURIO_PREFIX)}), and ${rest} follows after 9 bytes: ${OWN_DECODER}`;
  }
  return `the values are framed by Confluent's Schema Registry (00, and schema id ${idOf(CONFLUENT_PREFIX)}), and no JSON follows, as with Avro and Protobuf: ${OWN_DECODER}`;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of the bytes without what may be half of a character at their end; undefined where they are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  for (let cut = 0; cut < 4; cut += 1) {
    try {
      return strict.decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      // One byte less.
    }
  }
  return undefined;
}

/** Characters that no text has which people write: JSON takes none of them as they are. */
function hasControls(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\0-\x08\x0e-\x1f]/.test(text);
}
