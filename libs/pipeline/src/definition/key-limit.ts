import type { Field } from "@tidemark/schema";
import type { KeyLimitData, TablesData } from "@tidemark/sinks/tables";
import { OTHER_KEY } from "@tidemark/windowing";
import type { DefinitionCheck } from "./checks.js";

const MOST_KEYS = 10_000_000;
/** Columns that take the text of the row beyond a limit, as Drizzle writes their types. */
const TEXT_COLUMN = /^(?:text|varchar(?:\((?<length>\d+)\))?)$/;

/** A rollup's limit of keys as data, checked against the fields and columns of its keys. */
export function describeKeyLimit(
  check: DefinitionCheck,
  path: string,
  limit: KeyLimitData,
  keys: readonly string[],
  event: { readonly fields: readonly Field[]; readonly columns: TablesData["columns"] },
): KeyLimitData {
  check.object(path, limit, ["perWindow", "beyond"]);
  const { perWindow } = limit;
  if (!Number.isInteger(perWindow) || perWindow < 1 || perWindow > MOST_KEYS) {
    check.refuse(`${path}.perWindow`, perWindow, `an integer from 1 to ${MOST_KEYS}`);
  }
  if (keys.length === 0) check.refuse(path, limit, "no limit where a rollup has no keys");
  const beyond = check.oneOf(`${path}.beyond`, limit.beyond, ["other", "reject"]);
  const unfit = beyond === "other" ? keys.find((key) => !takesOther(key, event)) : undefined;
  if (unfit !== undefined) {
    check.refuse(`${path}.beyond`, beyond, `"reject", as the key ${unfit} is no text that may read ${OTHER_KEY}`);
  }
  return { perWindow, beyond };
}

function takesOther(
  key: string,
  { fields, columns }: { readonly fields: readonly Field[]; readonly columns: TablesData["columns"] },
): boolean {
  if (fields.find(({ name }) => name === key)?.type.kind !== "text") return false;
  const type = TEXT_COLUMN.exec(columns[key]?.type ?? "");
  return type !== null && Number(type.groups?.["length"] ?? Infinity) >= OTHER_KEY.length;
}
