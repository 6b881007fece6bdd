import { promisify } from "node:util";
import { unzip } from "node:zlib";
import { broken, tooLarge } from "./codec-error.js";

const unpack = promisify(unzip);

/** Ends as soon as more than the limit has come out. */
export async function decompressGzip(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw broken("gzip", error);
  }
}
