import type { ClientBase } from "pg";
import type { PostgresEndpoint } from "../../address/endpoint.js";
import type { TargetSession } from "../../address/parse-address.js";
import { refusedConnection } from "../../errors.js";
import { askAtOnce } from "./ask-at-once.js";
import { READ_ONLY_BY_SETTING } from "./settings.js";

interface TargetRow {
  readonly standby: boolean;
  readonly read_only: boolean;
  readonly by_setting: boolean;
}

const question = `SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') = 'on' AS read_only,
  EXISTS (${READ_ONLY_BY_SETTING}) AS by_setting`;

/**
 * Rejects with SinkError `wrong-server` where the server, or the role or the database on it, is not what is wanted, and says why.
 * Like libpq, `read-write` takes a read-only default of the role for a server that takes no writes; `writable` does not.
 */
export async function checkTarget(
  client: ClientBase,
  target: TargetSession,
  endpoint: PostgresEndpoint,
): Promise<void> {
  const [row] = await askAtOnce<TargetRow>(client, question);
  const { standby = false, read_only: isReadOnly = false, by_setting: isBySetting = false } = row ?? {};
  const fits = {
    any: true,
    "prefer-standby": true,
    primary: !standby,
    standby,
    "read-write": !standby && !isReadOnly,
    "read-only": standby || isReadOnly,
    writable: !standby && (!isReadOnly || isBySetting),
  }[target];
  if (fits) return;
  const wish = target === "writable" ? "takes no writes" : `is not what target_session_attrs=${target} demands`;
  throw refusedConnection(
    endpoint,
    `${wish}: ${describe(standby, isReadOnly, isBySetting)}`,
    undefined,
    "wrong-server",
  );
}

function describe(standby: boolean, isReadOnly: boolean, isBySetting: boolean): string {
  if (standby) return "it is a standby";
  if (!isReadOnly) return "it takes writes";
  return `default_transaction_read_only is on ${isBySetting ? "for the role or the database" : "there"}`;
}
