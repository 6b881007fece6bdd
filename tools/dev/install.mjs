/**
 * The first step of `npm test` and `npm start`: installs what the lockfile names where it is missing or out of date.
 * Plain JavaScript and built-ins of Node only, since nothing is installed when it runs first.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest Node that the workspace runs on: major, minor. */
const oldestNode = [20, 19];

/**
 * Says what is wrong with a version of Node, or undefined where it will do.
 * @param {string} version as in process.versions.node
 * @returns {string | undefined}
 */
export function refuseNode(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Tidemark needs Node ${oldestNode.join(".")} or newer, and this is ${version}: install a newer one from https://nodejs.org, then try again.`;
}

/**
 * Why node_modules must be installed anew, or undefined where it holds what the lockfile names.
 * npm writes node_modules/.package-lock.json when an install is done, so a broken-off one counts as missing.
 * @param {string} root the workspace's absolute path
 * @returns {string | undefined}
 */
export function findOutdated(root) {
  const installed = readPackages(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "node_modules is missing";
  const locked = readPackages(join(root, "package-lock.json"));
  if (locked === undefined) return undefined;
  for (const [path, entry] of Object.entries(locked)) {
    const there = installed[path];
    if (path === "" || (there === undefined && entry.optional)) continue;
    if (there?.version !== entry.version || there?.resolved !== entry.resolved || !existsSync(join(root, path))) {
      return `node_modules is out of date (${path})`;
    }
  }
  return undefined;
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, resolved?: string, optional?: boolean }> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Installs where it must; of several at once, one installs and the others wait for it.
 * @param {string} root the workspace's absolute path
 * @returns {number} the exit code: 0 where all is there
 */
export function ensureInstalled(root) {
  const refusal = refuseNode(process.versions.node);
  if (refusal !== undefined) {
    console.error(refusal);
    return 1;
  }
  if (findOutdated(root) === undefined) return 0;
  const release = lock(root);
  try {
    const reason = findOutdated(root);
    return reason === undefined ? 0 : install(root, reason);
  } finally {
    release();
  }
}

/**
 * @param {string} root
 * @param {string} reason
 * @returns {number}
 */
function install(root, reason) {
  const command = existsSync(join(root, "package-lock.json")) ? "ci" : "install";
  console.error(`${reason}: running npm ${command}, which takes a minute or so`);
  const { status, error } = spawnSync("npm", [command, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status === 0) return 0;
  const why = error === undefined ? `exit code ${status}` : error.message;
  console.error(`npm ${command} failed (${why}): see above for why, then try again.`);
  return 1;
}

/**
 * A file with the holder's pid, by the workspace's path: node_modules itself is emptied by npm.
 * @param {string} root
 * @returns {() => void} releases it
 */
function lock(root) {
  const name = createHash("sha256").update(realpathSync(root)).digest("hex").slice(0, 16);
  const path = join(tmpdir(), `tidemark-install-${name}.lock`);
  for (let told = false; !take(path);) {
    const holder = readHolder(path);
    if (holder !== undefined && !isAlive(holder)) rmSync(path, { force: true });
    else if (!told) console.error("another process is installing the packages: waiting for it");
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  return () => rmSync(path, { force: true });
}

/**
 * Makes the file with this process's pid in it, at once, unless it is there.
 * @param {string} path
 * @returns {boolean} whether it was made
 */
function take(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} path
 * @returns {number | undefined} undefined where it was released meanwhile
 */
function readHolder(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Whether a process of that pid lives, whoever it belongs to.
 * @param {number} pid
 * @returns {boolean}
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = ensureInstalled(fileURLToPath(new URL("../..", import.meta.url)));
}
