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
const compressible = /\.(html|js|css|svg|json|webmanifest)$/;
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/** The built page's files by their paths, `/` being index.html. Empty where it has not been built. */
export async function readPageFiles(directory: string): Promise<ReadonlyMap<string, PageFile>> {
  if (!existsSync(join(directory, "index.html"))) return new Map();
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in types)
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
  const files = await Promise.all(
    names.map(async (name) => [pathOf(name), await readPageFile(directory, name)] as const),
  );
  return new Map(files);
}

const pathOf = (name: string): string => (name === "index.html" ? "/" : `/${name}`);

async function readPageFile(directory: string, name: string): Promise<PageFile> {
  const bytes = Uint8Array.from(readFileSync(join(directory, name)));
  const smaller = async (coding: "br" | "gzip") => ({ coding, bytes: Uint8Array.from(await compress[coding](bytes)) });
  return {
    type: types[extname(name)] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
    // What lies below assets/ has its content's hash in its name.
    cacheControl: name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    plain: { coding: "identity", bytes },
    compressed: compressible.test(name) ? await Promise.all([smaller("br"), smaller("gzip")]) : [],
  };
}
