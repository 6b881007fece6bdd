import type { ClientBase, QueryResult } from "pg";
import { modeText, NO_LIMITS, settingsStatement, SNAPSHOT } from "./settings.js";

/**
 * Asks by one statement, outside of a transaction: one message, whose answer does not depend on the session's settings. Resolves to
 * the rows.
 */
export async function askAtOnce<Row extends object>(client: ClientBase, statement: string): Promise<readonly Row[]> {
  // pg types what several statements give as if they were one.
  const results = (await client.query(
    `SET TRANSACTION ${modeText(SNAPSHOT)}; ${settingsStatement(NO_LIMITS)}; ${statement}`,
  )) as unknown as readonly QueryResult<Row>[];
  return results.at(-1)?.rows ?? [];
}
