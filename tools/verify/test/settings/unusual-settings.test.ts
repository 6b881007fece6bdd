import { hasPgbouncer, setUnusual, startPgbouncer, unusualSession } from "@tidemark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { verify } from "../../src/verify.js";
import {
  consume,
  createTopic,
  messageOf,
  produce,
  query,
  recordsOf,
  runMain,
  runOf,
  startServers,
  type TestMessage,
  type TestServers,
} from "../servers.js";
import { hasPsql } from "../addresses/programs.js";
import { loadFile, readLive, readPanels, readTables } from "./answers.js";

const grafana = await loadFile("apps/grafana/src/reader-role.ts");
const topic = "settings";
const events = 4_000;
const minuteMs = 60_000;
const wider = { WATERMARK_DELAY: "10m" };
const decoys = ["socmed_user_sales", "socmed_late", "socmed_rejected", "socmed_5s", "socmed_1m", "socmed_1h"];
const patience = { timeout: 400_000 };

let servers: TestServers;
let plain: Awaited<ReturnType<typeof runAll>>;

beforeAll(async () => {
  servers = await startServers();
  await createTopic(servers, topic, 2);
  // Over several days, which retention drops in part.
  const messages = recordsOf(runOf("dirty", events)).map((record, at) => laterBy(at * minuteMs, messageOf(record, 2)));
  await produce(servers, topic, messages);
  const direct = await servers.createDatabase();
  if (hasPsql) plain = await runAll(direct, direct);
}, patience.timeout);
afterAll(() => servers?.close());

/** The same event so much later. What is no event stays as it is. */
function laterBy(ms: number, message: TestMessage): TestMessage {
  const text = String(message.value);
  const value = text.replace(
    /"Ts":\s*(\d{10})(?=[.,}\s])/,
    (_, seconds: string) => `"Ts":${Number(seconds) + ms / 1000}`,
  );
  return {
    ...message,
    value: value === text ? message.value : Buffer.from(value),
    timestampMs: message.timestampMs + ms,
  };
}

/**
 * A pooler may lend Grafana a session without the settings of its role. The queries need the names of their tables, leave to run,
 * and the text formats of their driver; nothing else may matter.
 */
const lent = {
  search_path: "public",
  restrict_nonsystem_relation_kind: "",
  statement_timeout: "0",
  transaction_timeout: "0",
  exit_on_error: "off",
  TimeZone: "UTC",
  extra_float_digits: "1",
};

function withSettings(databaseUrl: string, settings: Readonly<Record<string, string>>): string {
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const separator = databaseUrl.includes("?") ? "&" : "?";
  return `${databaseUrl}${separator}options=${encodeURIComponent(options.join(" "))}`;
}

/** Every program by turns, and then what is in the tables and what the readers are answered. `direct` is the address without a pooler. */
async function runAll(databaseUrl: string, direct: string, unusual = databaseUrl) {
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic };
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, err } = await runMain("apps/consumer", args, { ...addresses, ...env });
    expect({ args, code, err }).toEqual({ args, code: 0, err: "" });
  };
  const name = `reader_${new URL(direct).pathname.slice(1)}`;
  await grafana.makeReader?.(databaseUrl, { name, password: "p" });
  await consume(servers, topic, databaseUrl, { RETENTION_DAYS: "1" });
  const read = await readTables(direct);
  await run(["rebuild", "--partition", "0", "--without", "7"]);
  await run(["rebuild", "--definition"], wider);
  await consume(servers, topic, databaseUrl, { ...wider, RETENTION_DAYS: "1" });
  const { equal, differences } = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
  // Grafana's queries bring no settings: those that a pooler gives its sessions would be theirs.
  const reader = new URL(direct);
  reader.username = name;
  reader.password = "p";
  return {
    read,
    rebuilt: await readTables(direct),
    verdict: { equal, differences },
    live: await readLive(databaseUrl, topic),
    panels: await readPanels(reader.href, topic),
    lent: await readPanels(withSettings(unusual, lent), topic),
  };
}

it.skipIf(!hasPsql)("on a plain server the tables are right, and there is something to compare", patience, () => {
  expect(plain.verdict).toEqual({ equal: true, differences: [] });
  expect(JSON.stringify(plain.live).length).toBeGreaterThan(1_000);
  expect(JSON.stringify(plain.panels).length).toBeGreaterThan(1_000);
});

// Skipped, and counted as such, where psql is not installed.
describe.skipIf(!hasPsql)("every program gives the same tables and answers", patience, () => {
  it("in a database whose settings are all unusual", async () => {
    const direct = await servers.createDatabase();
    await setUnusual((text) => query(direct, text), `DATABASE ${new URL(direct).pathname.slice(1)}`, decoys);
    expect(await runAll(direct, direct)).toEqual(plain);
  });

  it("as a role whose settings are all unusual", async () => {
    const direct = await servers.createDatabase();
    await query(direct, "CREATE ROLE unusual SUPERUSER LOGIN PASSWORD 'p'");
    await setUnusual((text) => query(direct, text), "ROLE unusual", decoys);
    const url = new URL(direct);
    url.username = "unusual";
    url.password = "p";
    expect(await runAll(url.href, direct)).toEqual(plain);
  });

  // Skipped, and counted as such, where PgBouncer is not installed.
  it.skipIf(!hasPgbouncer)("through a pooler in transaction mode whose sessions have them", async () => {
    const direct = await servers.createDatabase();
    await setUnusual((text) => query(direct, text), undefined, decoys);
    const pooler = await startPgbouncer(direct, "transaction", {}, { connectQuery: unusualSession });
    onTestFinished(() => pooler.close());
    expect(await runAll(pooler.through(direct), direct, direct)).toEqual(plain);
  });
});
