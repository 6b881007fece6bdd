import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { datasource } from "../identity.js";

export const datasourceRef: DataSourceRef = { type: datasource.type, uid: datasource.uid };

/** A query as the Postgres plugin takes it; the SDK has no type for it. */
export interface PostgresQuery extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly format: "table" | "time_series";
  readonly editorMode: "code";
  readonly rawQuery: true;
  readonly rawSql: string;
}

/** `time_series` makes a series of each value of the column `metric`; rows must come by time. */
export function postgresQuery(rawSql: string, format: PostgresQuery["format"]): Builder<PostgresQuery> {
  return {
    build: () => ({
      refId: "A",
      datasource: datasourceRef,
      format,
      editorMode: "code",
      rawQuery: true,
      rawSql,
      // The SDK's mark of a query; JSON leaves functions out.
      _implementsDataqueryVariant() {},
    }),
  };
}
