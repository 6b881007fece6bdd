import { redactUrl } from "@tidemark/cli";
import { createRoles, EXACT_SETTINGS, migrate, withTransaction, type Blocker } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { noReader } from "./errors.js";
import { scramVerifier } from "./scram-verifier.js";

export interface ReaderRole {
  readonly name: string;
  readonly password: string;
}

/** Of the consumer, where it runs as one that may only write. It is made too, without a password: nobody can log in as it yet. */
const writer = "tidemark_writer";

/** More connections than Grafana's pool and its health check need. */
const connectionLimit = 10;

const settings: Readonly<Record<string, string>> = {
  // A query that is not done at the next refresh (5 s) is thrown away anyway.
  statement_timeout: "4s",
  default_transaction_read_only: "on",
  // Where Postgres can compile queries, it does so for those over many days, and takes longer for it than they do.
  jit: "off",
  // Answers do not depend on what the database, which others may use too, has set. Queries name their tables without a schema.
  ...EXACT_SETTINGS,
  search_path: "pg_catalog, public",
  lock_timeout: "0",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
};

/**
 * Makes the tables where they are missing, and the role that dashboards run as: it reads rollups and views, and nothing
 * else. Again: gives it the rights of new tables, and the password. `onBlocked` is told who holds what the tables need. Rejects with GrafanaError `no-reader`.
 */
export async function makeReader(
  ownerUrl: string,
  reader: ReaderRole,
  onBlocked: (blockers: readonly Blocker[]) => void = () => {},
): Promise<void> {
  try {
    await migrate(socmed, ownerUrl, { onBlocked });
    await makeRole(ownerUrl, reader);
  } catch (error) {
    throw noReader(reader.name, redactUrl(ownerUrl), error);
  }
}

async function makeRole(ownerUrl: string, { name, password }: ReaderRole): Promise<void> {
  await createRoles(ownerUrl, { pipeline: socmed, writer, reader: name });
  const role = escapeIdentifier(name);
  await setPassword(ownerUrl, role, password);
  await withTransaction(ownerUrl, async (client) => {
    // A server may be too old for some of them.
    const { rows: known } = await client.query<{ known: string }>(
      "SELECT lower(name) AS known FROM pg_settings WHERE lower(name) = ANY ($1::text[])",
      [Object.keys(settings).map((setting) => setting.toLowerCase())],
    );
    const statements = Object.entries(settings)
      .filter(([setting]) => known.some((row) => row.known === setting.toLowerCase()))
      .map(([setting, value]) => `ALTER ROLE ${role} SET ${setting} = ${textOf(value)}`);
    await client.query([`ALTER ROLE ${role} CONNECTION LIMIT ${connectionLimit}`, ...statements].join(";\n"));
  });
}

/** A list of names is no text. */
function textOf(value: string): string {
  return value.split(", ").map(escapeLiteral).join(", ");
}

/** Neon, which keeps roles outside of Postgres too, says so and takes a password only as it is. */
const onlyPlain = /only supports being given plaintext passwords/;

/** Sends what Postgres stores of the password, so that no log of statements has the password itself. */
async function setPassword(ownerUrl: string, role: string, password: string): Promise<void> {
  const set = (secret: string) =>
    withTransaction(ownerUrl, (client) => client.query(`ALTER ROLE ${role} PASSWORD ${escapeLiteral(secret)}`));
  try {
    await set(scramVerifier(password));
  } catch (error) {
    if (!(error instanceof DatabaseError && onlyPlain.test(error.message))) throw error;
    await set(password);
  }
}
