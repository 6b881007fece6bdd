import type { Client } from "pg";
import type { PostgresEndpoint } from "../../address/endpoint.js";
import type { AuthMethod, RequiredAuth } from "../../address/required-auth.js";
import { refusedConnection, type SinkError } from "../../errors.js";

const refusals = new WeakSet<object>();

/** Whether a server was refused by `require_auth`: then libpq tries it in no other way. */
export function isAuthRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && refusals.has(error);
}

/** `pg`'s messages of a server that asks for a password, by the method. */
const QUESTIONS: readonly (readonly [message: string, method: AuthMethod, what: string])[] = [
  ["authenticationCleartextPassword", "password", "a password in clear text"],
  ["authenticationMD5Password", "md5", "an MD5-hashed password"],
  ["authenticationSASL", "scram-sha-256", "SCRAM authentication"],
];

/** Calls `refuse` before an answer is sent to a server that asks for what `require_auth` does not allow, or that asks for nothing. */
export function demandAuth(
  client: Client,
  required: RequiredAuth,
  endpoint: PostgresEndpoint,
  refuse: (refusal: SinkError) => void,
): void {
  let isDone = false;
  const tell = (problem: string): void => {
    const refusal = refusedConnection(endpoint, `${problem}, which require_auth=${required.text} does not allow`);
    refusals.add(refusal);
    refuse(refusal);
  };
  for (const [message, method, what] of QUESTIONS) {
    client.connection.on(message, () => {
      if (!required.methods.has(method)) tell(`asks for ${what}`);
      // SCRAM is done when the server has shown that it knows the password too.
      else if (method !== "scram-sha-256") isDone = true;
    });
  }
  client.connection.on("authenticationSASLFinal", () => void (isDone = true));
  client.connection.on("authenticationOk", () => {
    if (required.mustAsk && !isDone) tell("lets clients in that did not authenticate");
  });
}
