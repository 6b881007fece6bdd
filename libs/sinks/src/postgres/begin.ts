import type { ClientBase } from "pg";
import { isReadOnlyServer } from "./availability.js";
import type { Statement } from "./flight.js";
import { askAtOnce } from "./session/ask-at-once.js";
import {
  modeText,
  READ_ONLY_BY_SETTING,
  SET_EACH,
  settingsRows,
  WRITING,
  WRITING_ANYWAY,
  WRITING_SETTINGS,
  type TransactionLimits,
  type TransactionMode,
} from "./session/settings.js";

const parameters = { statementTimeoutMs: "$1", lockTimeoutMs: "$2", idleInTransactionTimeoutMs: "$3" };
/** Parameters: the limits of a statement, of a lock and of an idle transaction in ms. */
export const settings = `SELECT pg_catalog.pg_backend_pid(), ${SET_EACH} FROM ${settingsRows(parameters, WRITING_SETTINGS)}`;

/** Begins a transaction that has these limits, and settings of its own. */
export function begin(
  client: ClientBase,
  { statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs }: TransactionLimits,
  isolation = WRITING.isolation,
): readonly Statement[] {
  return [
    { text: `BEGIN ${modeText({ ...modeOf(client), isolation })}` },
    {
      name: "tidemark-settings",
      text: settings,
      values: [statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs].map(String),
      givesProcessId: true,
    },
  ];
}

/** Clients whose transactions are read-only by a setting that is not the server's. */
const readOnlyBySetting = new WeakSet<ClientBase>();

function modeOf(client: ClientBase): TransactionMode {
  return readOnlyBySetting.has(client) ? WRITING_ANYWAY : WRITING;
}

/** After an error, outside of a transaction: whether the next transaction will be allowed to write, as this one was not. */
export async function allowWrites(client: ClientBase, error: unknown): Promise<boolean> {
  if (!isReadOnlyServer(error) || readOnlyBySetting.has(client)) return false;
  const isBySetting = (await askAtOnce(client, READ_ONLY_BY_SETTING)).length > 0;
  if (isBySetting) readOnlyBySetting.add(client);
  return isBySetting;
}
