import { createHash } from "node:crypto";

const LONGEST_BYTES = 256;

/** An id as the tables of ids hold it: a long one by its SHA-256. */
export function storedId(id: string): string {
  const isLong = Buffer.byteLength(id) > LONGEST_BYTES;
  return isLong ? `sha256:${createHash("sha256").update(id).digest("hex")}` : id;
}

/** The same in SQL, of an expression for the id as text. */
export function storedIdSql(text: string): string {
  return `CASE WHEN octet_length(convert_to(${text}, 'UTF8')) <= ${LONGEST_BYTES} THEN ${text}
    ELSE 'sha256:' || encode(sha256(convert_to(${text}, 'UTF8')), 'hex') END`;
}
