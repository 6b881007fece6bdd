import { redactUrl } from "@tidemark/cli";
import { createRoles, migrate, withConnection, type Blocker } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import { DatabaseError, escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
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

/** A query that is not done at the next refresh (5 s) is thrown away anyway. */
const statementTimeout = "4s";

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
  await withConnection(ownerUrl, async (client) => {
    await setPassword(client, role, password);
    await client.query(
      [
        `ALTER ROLE ${role} CONNECTION LIMIT ${connectionLimit}`,
        `ALTER ROLE ${role} SET statement_timeout = '${statementTimeout}'`,
        `ALTER ROLE ${role} SET default_transaction_read_only = on`,
        // Where Postgres can compile queries, it does so for those over many days, and takes longer for it than they do.
        `ALTER ROLE ${role} SET jit = off`,
      ].join(";\n"),
    );
  });
}

/** Neon, which keeps roles outside of Postgres too, says so and takes a password only as it is. */
const onlyPlain = /only supports being given plaintext passwords/;

/** Sends what Postgres stores of the password, so that no log of statements has the password itself. */
async function setPassword(client: ClientBase, role: string, password: string): Promise<void> {
  const set = (secret: string) => client.query(`ALTER ROLE ${role} PASSWORD ${escapeLiteral(secret)}`);
  try {
    await set(scramVerifier(password));
  } catch (error) {
    if (!(error instanceof DatabaseError && onlyPlain.test(error.message))) throw error;
    await set(password);
  }
}
