import type { Column, Panel } from "@tidemark/panels";
import { TableCellHeight } from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { byThresholds, thresholds } from "./colours.js";
import { numberFormat } from "./number-format.js";

/** In a cell that has no value. The text for a panel without rows would say the wrong thing there. */
const emptyCell = "–";

/** All columns in the order of the SQL, rows too. */
export function buildTable(panel: Panel): PanelBuilder {
  const builder = new PanelBuilder().showHeader(true).cellHeight(TableCellHeight.Sm).thresholds(thresholds());
  for (const [name, column] of Object.entries(panel.columns)) builder.overrideByName(name, properties(column));
  return builder;
}

function properties(column: Column): DynamicConfigValue[] {
  const common = [
    { id: "displayName", value: column.title },
    { id: "noValue", value: emptyCell },
  ];
  if (column.kind !== "number") return common;
  const { unit, decimals } = numberFormat(column, "full");
  const numbers = [...common, { id: "unit", value: unit }, { id: "decimals", value: decimals }];
  if (column.thresholds === undefined) return numbers;
  return [
    ...numbers,
    { id: "thresholds", value: thresholds(column.thresholds).build() },
    { id: "color", value: byThresholds().build() },
    { id: "custom.cellOptions", value: { type: "color-text" } },
  ];
}
