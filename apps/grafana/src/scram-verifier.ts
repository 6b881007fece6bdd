import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { saslprep } from "@mongodb-js/saslprep";

export interface ScramOptions {
  readonly salt?: Buffer;
  readonly iterations?: number;
}

const saltBytes = 16;
/** Postgres's own default. */
const defaultIterations = 4096;

/**
 * What Postgres stores of a password (RFC 5802, SCRAM-SHA-256): it can be sent in place of the password, which then stands in
 * no log of statements, and does not let anybody log in.
 */
export function scramVerifier(password: string, options: ScramOptions = {}): string {
  const { salt = randomBytes(saltBytes), iterations = defaultIterations } = options;
  const salted = pbkdf2Sync(prepare(password), salt, iterations, 32, "sha256");
  const keyOf = (name: string) => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(keyOf("Client Key")).digest("base64");
  const serverKey = keyOf("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** By SASLprep; Postgres takes a password that it forbids as it is. */
function prepare(password: string): string {
  try {
    return saslprep(password);
  } catch {
    return password;
  }
}
