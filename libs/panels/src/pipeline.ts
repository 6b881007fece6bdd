import { sql, type Column, type SQL } from "drizzle-orm";

/** Whether a row belongs to a pipeline: `column` holds the names of pipelines. The name stands in the SQL as a literal. */
export function isPipeline(column: Column, name: string): SQL {
  return sql`${column} = ${textLiteral(name)}`;
}

/**
 * A text as a literal that Postgres, Grafana and `expandMacros` read as nothing but that text. A dollar or a bracket would begin
 * a variable for Grafana, even within quotes, so every unusual character stands as its code point. Such literals need Postgres's
 * setting standard_conforming_strings, which is on by default.
 */
function textLiteral(text: string): SQL {
  const escaped = text.replaceAll(/[^\w .-]/gu, (character) => `\\+${codePointOf(character)}`);
  return sql.raw(escaped === text ? `'${text}'` : `U&'${escaped}'`);
}

const codePointOf = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(6, "0");
