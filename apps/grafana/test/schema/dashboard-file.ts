import type {
  Options as BarChartOptions,
  FieldConfig as BarChartField,
} from "@grafana/grafana-foundation-sdk/barchart";
import type { Options as BarGaugeOptions } from "@grafana/grafana-foundation-sdk/bargauge";
import type {
  AnnotationQuery,
  Dashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Options as StatOptions } from "@grafana/grafana-foundation-sdk/stat";
import type { FieldConfig as TableField, Options as TableOptions } from "@grafana/grafana-foundation-sdk/table";
import type { FieldConfig as SeriesField, Options as SeriesOptions } from "@grafana/grafana-foundation-sdk/timeseries";
import type { PostgresQuery } from "../../src/model/postgres-query.js";

/** A query as it stands in a file: without the SDK's mark, which is a function. */
interface Query {
  refId: PostgresQuery["refId"];
  datasource: { type: "grafana-postgresql-datasource"; uid: string };
  format: PostgresQuery["format"];
  editorMode: PostgresQuery["editorMode"];
  rawQuery: PostgresQuery["rawQuery"];
  rawSql: PostgresQuery["rawSql"];
}

/** The SDK's type of a panel, and for each kind its own options, which the SDK leaves open there. */
type PanelOf<Type extends string, Options, Custom = never> = Omit<
  Panel,
  "type" | "options" | "targets" | "fieldConfig"
> & {
  type: Type;
  options: Options;
  targets: Query[];
  fieldConfig: Omit<FieldConfigSource, "defaults"> & {
    defaults: Omit<FieldConfig, "custom"> & { custom?: Custom };
  };
};

/** What a dashboard's file may hold, by the SDK's types. The JSON schema is made from it. */
export type DashboardFile = Omit<Dashboard, "panels" | "annotations" | "templating"> & {
  panels: (
    | PanelOf<"stat", StatOptions>
    | PanelOf<"timeseries", SeriesOptions, SeriesField>
    | PanelOf<"table", TableOptions, TableField>
    | PanelOf<"bargauge", BarGaugeOptions>
    | PanelOf<"barchart", BarChartOptions, BarChartField>
  )[];
  annotations: { list: (Omit<AnnotationQuery, "target"> & { target: Query })[] };
  templating: { list: VariableModel[] };
};
