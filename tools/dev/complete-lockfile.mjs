/**
 * `node tools/dev/complete-lockfile.mjs`, after an `npm install` that changed package-lock.json.
 *
 * npm leaves an optional package for another platform out of the lockfile where the registry does not give it, and then
 * `npm ci` refuses the lockfile, on this platform too. This adds those whose version is pinned, with the platform that their
 * names tell, and the integrity hash that the registry gives; npm keeps them from then on, and fetches them only where they fit.
 */
import { execFile } from "node:child_process";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * @typedef {{ version?: string, dev?: boolean, link?: boolean, integrity?: string, optionalDependencies?: Record<string, string> }} Entry
 * @typedef {{ name: string, version: string, dev: boolean }} Missing
 */

/**
 * The optional packages that something in the lockfile asks for and the lockfile lacks.
 * @param {Record<string, Entry>} packages of package-lock.json, by path
 * @returns {Missing[]}
 */
export function findMissing(packages) {
  const missing = Object.entries(packages).flatMap(([path, { dev = false, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isThere(packages, path, name))
      .map(([name, version]) => ({ name, version, dev })),
  );
  return [...new Map(missing.map((one) => [one.name, one])).values()];
}

/**
 * As Node looks for it: below the package itself, then below each folder above it.
 * @param {Record<string, Entry>} packages
 * @param {string} path
 * @param {string} name
 * @returns {boolean}
 */
function isThere(packages, path, name) {
  const place = path === "" ? `node_modules/${name}` : `${path}/node_modules/${name}`;
  if (place in packages) return true;
  return path !== "" && isThere(packages, path.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$|[^/]*\/?$/, ""), name);
}

const osNames = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const cpuNames = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/**
 * The lockfile's entry for a package of one platform, or undefined where its name or version does not tell it.
 * @param {Missing} missing
 */
export function describePlatform({ name, version, dev }) {
  const parts = name.split(/[/-]/);
  const os = osNames.find((one) => parts.includes(one));
  const cpu = cpuNames.find((one) => parts.includes(one));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) return undefined;
  const libc = os === "linux" && parts.some((part) => part.startsWith("musl")) ? "musl" : "glibc";
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(os === "linux" && parts.some((part) => /^(musl|gnu)/.test(part)) && { libc: [libc] }),
    optional: true,
    os: [os],
  };
}

/**
 * @param {Record<string, Entry>} packages
 * @returns {{ packages: Record<string, Entry>, added: string[], unknown: string[] }} `packages` in npm's order
 */
export function complete(packages) {
  const found = findMissing(packages).map((missing) => ({ missing, entry: describePlatform(missing) }));
  const added = found.flatMap(({ missing, entry }) => (entry ? [[`node_modules/${missing.name}`, entry]] : []));
  const all = { ...packages, ...Object.fromEntries(added) };
  const sorted = Object.keys(all).sort((a, b) => a.localeCompare(b, "en"));
  return {
    packages: Object.fromEntries(sorted.map((path) => [path, all[path] ?? {}])),
    added: found.filter(({ entry }) => entry).map(({ missing }) => missing.name),
    unknown: found.filter(({ entry }) => !entry).map(({ missing }) => missing.name),
  };
}

/**
 * The packages from the registry whose content `npm ci` could not check, by path.
 * @param {Record<string, Entry>} packages
 * @returns {string[]}
 */
export function findUnchecked(packages) {
  return Object.entries(packages)
    .filter(([path, entry]) => path.includes("node_modules/") && entry.link !== true && entry.integrity === undefined)
    .map(([path]) => path);
}

/**
 * @param {string} path of package-lock.json
 * @param {Entry} entry
 * @returns {Promise<Entry>} with the registry's hash
 */
async function withIntegrity(path, { version, ...rest }) {
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  const { stdout } = await promisify(execFile)("npm", ["view", `${name}@${version}`, "dist.integrity"]);
  return { ...(version !== undefined && { version }), integrity: stdout.trim(), ...rest };
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL("../../package-lock.json", import.meta.url));
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const { packages, added, unknown } = complete(lock.packages);
  for (const path of findUnchecked(packages)) packages[path] = await withIntegrity(path, packages[path] ?? {});
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, undefined, 2)}\n`);
  console.log(`added ${added.length} packages to package-lock.json${added.map((name) => `\n  ${name}`).join("")}`);
  for (const name of unknown) console.error(`${name} is missing too, but its name or version does not tell enough`);
  process.exitCode = unknown.length === 0 ? 0 : 1;
}
