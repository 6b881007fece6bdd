/** `npm start`: installs what is missing, then runs the stack, the producer, the consumer and the live page, until Ctrl-C. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadEnvFiles } from "./env-files.mjs";
import { ensureInstalled, isAlive } from "./install.mjs";
import { printLine } from "./lines.mjs";
import { runTogether } from "./processes.mjs";

const usage = `npm start [-- OPTIONS]

Starts an embedded Kafka and Postgres, a producer of a fake stream, the consumer that writes it to Postgres, and a page that
shows it. Ctrl-C stops all of it; the next npm start goes on from there.

OPTIONS go to the producer: --scenario NAME, --seed N, --events N, --rate N, …

A file .env beside this repository's package.json sets variables that are not set yet, as it does for nx run: $NAME in it stands
for a variable's value, and \\$ for a $.

KAFKA_BROKERS   use this Kafka instead of the embedded one
DATABASE_URL    use this Postgres instead of the embedded one
LIVE_PORT       the page's port (default 4321, or a free one)
TIDEMARK_DIR    where the embedded servers keep their data (default .tidemark)`;

/** @param {string} app */
const runApp = (app) => ["--conditions=@tidemark/source", "--import", "tsx", `apps/${app}/src/main.ts`];

/** Run from source, the page is built too: browsers take no TypeScript. */
const pageBuild = "apps/live/page/build.mjs";

/**
 * In the order of starting; they are stopped in the opposite order.
 * @param {readonly string[]} producerOptions
 * @returns {import("./processes.mjs").Program[]}
 */
function listPrograms(producerOptions) {
  const { KAFKA_BROKERS: kafka, DATABASE_URL: database } = process.env;
  return [
    ...(kafka && database ? [] : [{ name: "stack", args: runApp("stack"), last: true }]),
    { name: "live", args: runApp("live") },
    { name: "consumer", args: runApp("consumer"), live: true },
    {
      name: "producer",
      args: [...runApp("producer"), ...producerOptions],
      mayFinish: true,
      hide: /^(sent|progress)\b/i,
    },
  ];
}

/**
 * The pid of the stack that runs on the same data, if one does. Another process may have got the pid of a stack that is gone.
 * @param {string} folder TIDEMARK_DIR
 * @returns {number | undefined}
 */
function findRunningStack(folder) {
  const file = join(folder, "stack.json");
  if (!existsSync(file)) return undefined;
  try {
    const { pid } = JSON.parse(readFileSync(file, "utf8"));
    if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
    const { status, stdout } = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return status === 0 && !stdout.includes("stack") ? undefined : pid;
  } catch {
    // Not JSON: the stack itself says what to do about it.
    return undefined;
  }
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const options = process.argv.slice(2);
  if (options.includes("--help") || options.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const given = { ...process.env };
  const isByNx = loadEnvFiles(root);
  const folder = resolve(root, process.env.TIDEMARK_DIR || ".tidemark");
  const pid = findRunningStack(folder);
  if (pid !== undefined) {
    const fromHere = relative(process.cwd(), folder);
    const where = fromHere.startsWith("..") ? folder : fromHere || ".";
    console.error(
      `Tidemark is already running on ${where} (stack, pid ${pid}): stop it by Ctrl-C in its terminal or \`kill ${pid}\`, or set TIDEMARK_DIR to another folder.`,
    );
    return 1;
  }
  const notInstalled = ensureInstalled(root);
  if (notInstalled !== 0) return notInstalled;
  if (!isByNx) {
    process.env = given;
    loadEnvFiles(root);
  }
  const { status } = spawnSync(process.execPath, [pageBuild], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) return 1;
  const exitCode = await runTogether(listPrograms(options), { cwd: root });
  if (exitCode === 0) printLine(process.stdout, "start", "stopped; npm start goes on from here");
  return exitCode;
}

process.exitCode = await main();
