import { createHash } from "node:crypto";

/** An entry of an index in Postgres takes some 2,700 bytes at most. */
const LONGEST_BYTES = 256;
const DIGEST = "sha256:";

/** The text by which the table of ids holds an id: the id itself, or the SHA-256 of a long one. */
export function idKey(id: string): string {
  if (id.length * 3 <= LONGEST_BYTES || Buffer.byteLength(id) <= LONGEST_BYTES) return id;
  return `${DIGEST}${createHash("sha256").update(id).digest("hex")}`;
}

/** The same in SQL, of an expression for the id as text. */
export function idKeySql(text: string): string {
  return `CASE WHEN octet_length(convert_to(${text}, 'UTF8')) <= ${LONGEST_BYTES} THEN ${text}
    ELSE '${DIGEST}' || encode(sha256(convert_to(${text}, 'UTF8')), 'hex') END`;
}
