import type { PostgresEndpoint } from "../../address/endpoint.js";
import { refusedConnection } from "../../errors.js";

/** PgBouncer has this SQLSTATE for most of what it says itself. */
const protocolViolation = "08P01";

const statementMode = "transaction blocks not allowed in statement pooling mode";

/** The error of a pooler in statement mode, where a session's last bytes hold it. */
export function statementModeError(last: Buffer): Error | undefined {
  return last.includes(statementMode)
    ? Object.assign(new Error(statementMode), { code: protocolViolation })
    : undefined;
}

function messageOf(error: unknown): string | undefined {
  const isPoolers = error instanceof Error && "code" in error && error.code === protocolViolation;
  return isPoolers ? error.message : undefined;
}

/**
 * What a pooler says while somebody logs in, where no waiting helps; any other error as it is. PgBouncer before 1.20 takes no
 * `options`, and refuses users and passwords by a state that elsewhere says that the connection broke.
 */
export function judgeLogin(error: unknown, endpoint: PostgresEndpoint): unknown {
  const message = messageOf(error);
  if (message === undefined) return error;
  const parameter = /unsupported startup parameter: (\S+)/.exec(message)?.[1];
  if (parameter !== undefined) {
    const advice = "leave it out of the address, or use the address of the server itself";
    return refusedConnection(endpoint, `is a pooler that does not take the parameter ${parameter}: ${advice}`, error);
  }
  const isFinal = /no such (user|database)|authentication failed|login rejected|not allowed|\bno .*\bpassword/i.test(
    message,
  );
  return isFinal ? refusedConnection(endpoint, `refuses to be logged in to (${message})`, error) : error;
}

/** Whether a pooler in statement mode, which has no transactions, refuses one. */
export function isOfStatementMode(error: unknown): boolean {
  return messageOf(error)?.includes(statementMode) === true;
}
