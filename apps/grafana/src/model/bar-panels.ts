import type { Panel } from "@tidemark/panels";
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  SortOrder,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as BarChartBuilder } from "@grafana/grafana-foundation-sdk/barchart";
import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import { accent, fixed, thresholds } from "./colours.js";
import { numberFormat } from "./number-format.js";
import { onlyShown, valueColumn, type ShowOf } from "./shown-columns.js";

/** One bar a row, its name on the left. */
export function buildBarGauge(panel: Panel, { name, value }: ShowOf<"bar-gauge" | "bar-chart">): BarGaugeBuilder {
  const column = valueColumn(panel, value);
  const { unit, decimals } = numberFormat(column, "full");
  const builder = new BarGaugeBuilder()
    .unit(unit)
    .min(0)
    .thresholds(thresholds(column.thresholds))
    .colorScheme(fixed(accent))
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .namePlacement(BarGaugeNamePlacement.Left)
    .showUnfilled(false)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).calcs([]).fields(""))
    .transformations(onlyShown(panel, [name, value]));
  return decimals === undefined ? builder : builder.decimals(decimals);
}

/** One bar a row from top to bottom, each at its name: those of reasons are long. */
export function buildBarChart(panel: Panel, { name, value }: ShowOf<"bar-gauge" | "bar-chart">): BarChartBuilder {
  const column = valueColumn(panel, value);
  const { unit, decimals } = numberFormat(column, "full");
  const builder = new BarChartBuilder()
    .unit(unit)
    .min(0)
    .thresholds(thresholds(column.thresholds))
    .colorScheme(fixed(accent))
    .xField(name)
    .orientation(VizOrientation.Horizontal)
    .showValue(VisibilityMode.Auto)
    .legend(new VizLegendOptionsBuilder().showLegend(false).calcs([]))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single).sort(SortOrder.None))
    .overrideByName(value, [{ id: "displayName", value: column.title }])
    .transformations(onlyShown(panel, [name, value]));
  return decimals === undefined ? builder : builder.decimals(decimals);
}
