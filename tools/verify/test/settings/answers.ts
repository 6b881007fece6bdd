import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expandMacros, panelsOf } from "@tidemark/panels";
import { openTransactions, SNAPSHOT, type Transaction } from "@tidemark/sinks";
import { pipelineHealth, socialMediaPerformance } from "@tidemark/socmed/panels";
import { startMs } from "../servers.js";

const run = promisify(execFile);

/** Nothing imports an app: what these run is loaded as a program is, by its file. */
export async function loadFile(file: string): Promise<Record<string, (...given: unknown[]) => unknown>> {
  return (await import(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)))) as never;
}
const live = await loadFile("apps/live/src/database.ts");

/** Those that tell of the wall clock: of a consumer, of a transaction, of a migration. */
const observed = new Set(["tidemark.progress", "tidemark.migrations", "tidemark.database"]);
const changing = ["updated_at", "decided_at", "owner", "epoch"];

/**
 * What every table and view of Tidemark's holds, as a hash of its rows in the server's plain formats, and how each is made. `directUrl`
 * is a superuser's.
 */
export async function readTables(directUrl: string): Promise<unknown> {
  const transactions = openTransactions(directUrl);
  try {
    return await transactions.run({ ...SNAPSHOT, settings: { search_path: "pg_catalog" } }, async (snapshot) => {
      const relations = await snapshot<{ oid: number; name: string; made: string }[]>`
        SELECT c.oid::int8::float8 AS oid, format('%I.%I', nspname, relname) AS name,
          concat_ws(' ', relkind, reloptions::text, pg_get_expr(relpartbound, c.oid), pg_get_viewdef(c.oid), amname,
            (SELECT string_agg(format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull), ', ' ORDER BY attnum)
             FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)) AS made
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_am a ON a.oid = relam
        WHERE nspname IN ('public', 'tidemark') AND relkind IN ('r', 'p', 'v') ORDER BY 2`;
      const found: Record<string, unknown> = {};
      for (const { name, made } of relations) {
        found[name] = observed.has(name) ? made : { made, ...(await hashRows(snapshot, name)) };
      }
      return found;
    });
  } finally {
    await transactions.end({ timeout: 1 });
  }
}

async function hashRows(sql: Transaction, name: string): Promise<object> {
  if (name.startsWith("tidemark.pipeline_progress")) return {};
  const [row] = await sql.unsafe<{ count: number; hash: string }[]>(
    `SELECT count(*)::int AS count, md5(string_agg(text, E'\\n' ORDER BY text COLLATE "C")) AS hash
     FROM (SELECT (to_jsonb(t) - '{${changing.join(",")}}'::text[])::text AS text FROM ${name} t) AS rows`,
  );
  return { ...row };
}

const view = { fromMs: startMs, toMs: startMs + 5 * 86_400_000, intervalMs: 3_600_000 };
const ofConsumers = new Set(panelsOf(pipelineHealth).map(({ id }) => id));

/**
 * Figures to 12 digits: the last ones of a mean depend on the order in which rows come. What the tables hold is compared as it
 * is.
 */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(12));
  if (Array.isArray(value)) return value.map(rounded);
  if (value instanceof Map) return rounded([...(value as Map<unknown, unknown>)]);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rounded(one)]));
}

/** What the live page reads over the whole time, but of the consumers themselves. */
export async function readLive(databaseUrl: string, topic: string): Promise<unknown> {
  const database = live.createDatabase?.(databaseUrl, topic) as {
    read(
      question: object,
    ): Promise<{ state: Record<string, unknown>; rows: ReadonlyMap<string, unknown>; slow: object }>;
    close(): Promise<void>;
  };
  const panels = panelsOf(socialMediaPerformance).filter(({ id }) => !ofConsumers.has(id));
  try {
    const chosen = { city: "all", platform: "all" };
    const { state, rows, slow } = await database.read({ range: "all", panels, chosen, slow: { before: panels } });
    const { newestEventMs, watermarkMs } = state;
    return rounded({ newestEventMs, watermarkMs, rows, slow });
  } finally {
    await database.close();
  }
}

/** What Grafana's queries give to whoever logs in so, over a fixed time. */
export async function readPanels(readerUrl: string, topic: string): Promise<unknown> {
  const answers: Record<string, unknown> = {};
  for (const dashboard of [socialMediaPerformance, pipelineHealth]) {
    for (const panel of panelsOf(dashboard).filter(({ id }) => id !== "database-size")) {
      const text = expandMacros(panel.sql, { ...view, variables: { topic, city: "all", platform: "all" } });
      const asJson = `SELECT coalesce(json_agg(r), '[]') FROM (${text}) AS r`;
      const { stdout } = await run("psql", ["--no-psqlrc", "-w", "-Atc", asJson, "-d", readerUrl]);
      answers[`${dashboard.id} ${panel.id}`] = JSON.parse(stdout);
    }
  }
  // When a checkpoint was committed is the wall clock's.
  return JSON.parse(JSON.stringify(rounded(answers), (name, value: unknown) => (name === "committed" ? 0 : value)));
}
