/**
 * Makes the page that browsers get: `dist/page/index.html`, which is never to be cached, and what it names in
 * `dist/page/assets`, with a hash of its content in each name.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = import.meta.dirname;
const outputDirectory = join(source, "../dist/page");

/** What index.html names, and what it is made from. The link to an asset is replaced by the name that it got. */
const assets = [
  { link: "icon.svg", from: "icon.svg" },
  { link: "style.css", from: "style/style.css" },
  { link: "first.js", from: "src/first.ts", format: "iife" },
  { link: "main.js", from: "src/main.ts", format: "esm" },
];

/** @param {(typeof assets)[number]} asset */
async function makeAsset({ from, format }) {
  const path = join(source, from);
  if (extname(from) === ".svg") return readFile(path);
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    target: ["es2022", "chrome111", "firefox128", "safari16.4"],
    conditions: ["@tidemark/source"],
    legalComments: "none",
    logLevel: "warning",
    ...(format === "iife" || format === "esm" ? { format } : {}),
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${from}.`);
  return file.contents;
}

/**
 * Writes the page into `directory`, and removes what an older one left there. Several may do so at once: index.html names only
 * what is there already.
 */
export async function buildPage(directory = outputDirectory) {
  const made = await Promise.all(assets.map(async (asset) => ({ ...asset, bytes: await makeAsset(asset) })));
  await mkdir(join(directory, "assets"), { recursive: true });
  let html = await readFile(join(source, "index.html"), "utf8");
  const names = [];
  for (const { link, bytes } of made) {
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
    const extension = extname(link);
    const name = `assets/${basename(link, extension)}-${hash}${extension}`;
    if (!html.includes(`"${link}"`)) throw new Error(`index.html does not name ${link}.`);
    html = html.replaceAll(`"${link}"`, `"/${name}"`);
    names.push(name);
    await replaceFile(join(directory, name), bytes);
  }
  await replaceFile(join(directory, "index.html"), html);
  for (const old of await readdir(join(directory, "assets"))) {
    if (!names.includes(`assets/${old}`) && !old.endsWith(".new"))
      await rm(join(directory, "assets", old), { force: true });
  }
}

/**
 * @param {string} path
 * @param {string | Uint8Array} content
 */
async function replaceFile(path, content) {
  const written = `${path}.${randomUUID()}.new`;
  await writeFile(written, content);
  await rename(written, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
