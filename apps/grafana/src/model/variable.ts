import { allValue, type Variable } from "@tidemark/panels";
import { QueryVariableBuilder, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import { datasourceRef } from "./postgres-query.js";

/**
 * A choice above the dashboard. What may be several begins with all of them. Names that the tables don't hold can't be
 * typed in.
 */
export function buildVariable({ name, title, description, multi, sql }: Variable): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name)
    .label(title)
    .description(description)
    .datasource(datasourceRef)
    .query(sql)
    .definition(sql)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.Disabled)
    .allowCustomValue(false)
    .multi(multi)
    .includeAll(multi);
  if (!multi) return builder;
  return builder.allValue(allValue).current({ selected: true, text: ["All"], value: ["$__all"] });
}
