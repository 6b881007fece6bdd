import { getTableColumns } from "drizzle-orm";
import { quoteIdentifier } from "../../identifiers.js";
import { checkpoints } from "../../tables/tidemark.js";

/** Whose a checkpoint is. */
const IDENTITY: ReadonlySet<string> = new Set([
  "pipeline",
  "topic",
  "partition",
  "group",
  "clusterId",
  "definitionHash",
]);

/** Columns of a checkpoint by property, quoted, but for those that say whose it is, and for `kept`. */
export function stateColumns(kept: string): readonly (readonly [property: string, column: string])[] {
  return Object.entries(getTableColumns(checkpoints))
    .filter(([property]) => property !== kept && !IDENTITY.has(property))
    .map(([property, { name }]) => [property, quoteIdentifier(name)]);
}
