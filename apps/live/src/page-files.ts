import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly plain: Body;
  /** The same, smaller; the smallest first. */
  readonly compressed: readonly Body[];
}

/** A file's bytes in a content coding. */
export interface Body {
  readonly coding: "br" | "gzip" | "identity";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/** The built page's files by their paths, `/` being index.html. Empty where it has not been built. */
export async function readPageFiles(directory: string): Promise<ReadonlyMap<string, PageFile>> {
  if (!existsSync(join(directory, "index.html"))) return new Map();
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in types)
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
  return new Map(await Promise.all(names.map(async (name) => [pathOf(name), await read(directory, name)] as const)));
}

const pathOf = (name: string): string => (name === "index.html" ? "/" : `/${name}`);

function read(directory: string, name: string): Promise<PageFile> {
  const type = types[extname(name)] ?? "application/octet-stream";
  // What lies below assets/ has its content's hash in its name.
  const isKept = name.startsWith("assets/");
  return createPageFile(Uint8Array.from(readFileSync(join(directory, name))), type, isKept ? kept : checked);
}

const kept = "public, max-age=31536000, immutable";
const checked = "no-cache";

/** What a browser asks for again each time, and gets where it is another. */
export async function createPageFile(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  cacheControl = checked,
): Promise<PageFile> {
  const smaller = async (coding: "br" | "gzip") => ({ coding, bytes: Uint8Array.from(await compress[coding](bytes)) });
  const isCompressed = /^image\/(?!svg)|^font\//.test(type);
  return {
    type,
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
    cacheControl,
    plain: { coding: "identity", bytes },
    compressed: isCompressed ? [] : await Promise.all([smaller("br"), smaller("gzip")]),
  };
}
