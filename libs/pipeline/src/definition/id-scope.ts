import type { PipelineData } from "@tidemark/sinks/tables";
import type { DefinitionCheck } from "./checks.js";
import type { IdScope } from "./pipeline-definition.js";

const SCOPES = ["partition", "topic"] as const;

/** The definition with ids that are unique in this scope. */
export function scopeIds(check: DefinitionCheck, data: PipelineData, idScope: IdScope): PipelineData {
  check.oneOf("idScope", idScope, SCOPES);
  const { topicIds: _, ...others } = data.tables;
  if (idScope === "partition") return { ...data, tables: others };
  if (data.id === null) check.refuse("idScope", idScope, '"partition", as there is no id');
  const topicIds = { ids: `${data.name}_ids`, copies: `${data.name}_copies` };
  const { raw, late, rejected, verdicts } = data.tables;
  const rollups = data.rollups.flatMap(({ name }) => [name, `${name}_total`]);
  const taken = new Set([raw, late, rejected, ...verdicts.map(({ name }) => name), ...rollups]);
  for (const name of Object.values(topicIds)) {
    if (taken.has(name)) check.refuse("idScope", idScope, `"partition", as another table has the name ${name}`);
  }
  return { ...data, tables: { ...others, topicIds } };
}
