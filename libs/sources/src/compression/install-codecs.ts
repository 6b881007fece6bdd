import kafkajs from "kafkajs";
import { createRequire } from "node:module";
import { AnswerLimit } from "./answer-limit.js";
import { CodecError } from "./codec-error.js";
import { decompressGzip } from "./gzip.js";
import { decompressLz4, type Lz4Package } from "./lz4.js";
import { decompressSnappy, type SnappyPackage } from "./snappy.js";
import { placeCodecErrors, readBatchOffset } from "./batch-place.js";
import { decompressZstd, HAS_NATIVE_ZSTD, type FzstdPackage } from "./zstd.js";

/** What kafkajs keeps for each compression: a function that gives the codec, or throws where there is none. */
type Registry = Record<number, () => Codec>;

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

export const DEFAULT_MAX_BATCH_BYTES = 64 * 1024 * 1024;

const { CompressionCodecs, CompressionTypes } = kafkajs;
const require = createRequire(import.meta.url);

let limit = 0;
const answers = new AnswerLimit();

/**
 * Lets the kafkajs of this process unpack snappy, lz4 and zstd by optional packages, and bounds what a batch, also one of gzip,
 * may become. Codecs that were set by somebody else stay. May be called again: the largest limit of the process holds, since
 * kafkajs has one set of codecs.
 */
export function installCodecs(maxBatchBytes = DEFAULT_MAX_BATCH_BYTES): void {
  const isFirst = limit === 0;
  limit = Math.max(limit, maxBatchBytes);
  if (!isFirst) return;
  placeCodecErrors();
  const registry = CompressionCodecs as unknown as Registry;
  const builtInGzip = registry[CompressionTypes.GZIP];
  if (builtInGzip !== undefined && isBuiltIn(builtInGzip)) {
    const { compress } = builtInGzip();
    registry[CompressionTypes.GZIP] = () => createCodec(decompressGzip, compress);
  }
  const codecs = [
    [CompressionTypes.Snappy, createCodec(async (...given) => decompressSnappy(await loadSnappy(), ...given))],
    [CompressionTypes.LZ4, createCodec(async (...given) => decompressLz4(await loadLz4(), ...given))],
    [
      CompressionTypes.ZSTD,
      createCodec(async (...given) => decompressZstd(HAS_NATIVE_ZSTD ? undefined : await loadFzstd(), ...given)),
    ],
  ] as const;
  for (const [type, codec] of codecs) {
    if (!isSet(registry[type])) registry[type] = () => codec;
  }
}

function isBuiltIn(codec: () => Codec): boolean {
  return codec() === require("kafkajs/src/protocol/message/compression/gzip");
}

/** kafkajs's own place holders throw. */
function isSet(codec: (() => Codec) | undefined): boolean {
  try {
    return codec?.() !== undefined;
  } catch {
    return false;
  }
}

function createCodec(
  decompress: (bytes: Buffer, limit: number) => Promise<Buffer>,
  compress: Codec["compress"] = () => Promise.reject(new Error("this compression is for reading alone")),
): Codec {
  return {
    compress,
    async decompress(bytes) {
      try {
        return await answers.unpack(bytes, limit, decompress);
      } catch (error) {
        if (error instanceof CodecError) error.offset = readBatchOffset(bytes);
        throw error;
      }
    },
  };
}

const loadSnappy = loadOnce<SnappyPackage>("snappy", "snappy", () => import("snappy"));
const loadLz4 = loadOnce<Lz4Package>("lz4", "lz4-napi", () => import("lz4-napi"));
const loadFzstd = loadOnce<FzstdPackage>("zstd", "fzstd", () => import("fzstd"));

function loadOnce<Package>(compression: string, name: string, load: () => Promise<unknown>): () => Promise<Package> {
  let loaded: Promise<Package> | undefined;
  return () => {
    loaded ??= load().then(
      // A CommonJS package has its functions on its default export.
      (found) => ({ ...(found as { default?: object }).default, ...(found as object) }) as Package,
      (cause: unknown) => {
        const more = name === "fzstd" ? ", or run Node 22.15 or newer" : "";
        throw new CodecError(
          "missing-codec",
          `is compressed by ${compression}: install the package ${name}${more}`,
          cause,
        );
      },
    );
    return loaded;
  };
}
