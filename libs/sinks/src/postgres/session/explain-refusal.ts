import { describeEndpoint } from "../../address/endpoint.js";
import { parseAddress, type PostgresAddress } from "../../address/parse-address.js";
import { replicaRole, SinkError } from "../../errors.js";
import { isOfStatementMode } from "./poolers.js";

const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * The error as a sentence where the way of the session is at fault, and no waiting helps: a pooler in statement mode, or a role that is
 * `replica` and may not leave it. Any other error as it is.
 */
export function explainRefusal(error: unknown, databaseUrl: string | PostgresAddress | undefined): unknown {
  if (databaseUrl === undefined || !(error instanceof Error)) return error;
  const isStatementMode = isOfStatementMode(error);
  if (!isStatementMode && !isReplicaKept(error)) return error;
  const { endpoints, user, database } = typeof databaseUrl === "string" ? parseAddress(databaseUrl) : databaseUrl;
  if (!isStatementMode) return replicaRole(user, database, error);
  return new SinkError(
    "refused-connection",
    `The Postgres server at ${endpoints.map(describeEndpoint).join(",")} is a pooler in statement mode, which has no transactions: use its transaction mode (pool_mode = transaction) or the address of the server itself.`,
    { cause: error },
  );
}

/** "permission denied to set parameter …", in whatever language. */
function isReplicaKept(error: Error): boolean {
  const isRefused = "code" in error && error.code === INSUFFICIENT_PRIVILEGE;
  return isRefused && error.message.includes("session_replication_role");
}
