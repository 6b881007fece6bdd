import type { Panel } from "@tidemark/panels";
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { bySeriesName, platformOverrides, thresholds } from "./colours.js";
import { numberFormat } from "./number-format.js";
import { valueColumn, type ShowOf } from "./shown-columns.js";

/** One series per value of the column `metric`, in the platform's colour where it is one. */
export function buildTimeSeries(panel: Panel, { value, style }: ShowOf<"time-series">): PanelBuilder {
  const column = valueColumn(panel, value);
  const { unit, decimals } = numberFormat(column, "short");
  const builder = new PanelBuilder()
    .unit(unit)
    .min(0)
    .thresholds(thresholds(column.thresholds))
    .colorScheme(bySeriesName())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .axisLabel(column.title)
    // A gap is a gap: nothing is known there.
    .spanNulls(false);
  if (decimals !== undefined) builder.decimals(decimals);
  if (panel.minIntervalMs !== undefined) builder.interval(grafanaInterval(panel.minIntervalMs));
  for (const [name, properties] of platformOverrides) builder.overrideByName(name, properties);
  return style === "line" ? drawLines(builder) : drawStackedBars(builder);
}

function drawLines(builder: PanelBuilder): PanelBuilder {
  return builder.drawStyle(GraphDrawStyle.Line).lineWidth(2).fillOpacity(0).showPoints(VisibilityMode.Auto);
}

function drawStackedBars(builder: PanelBuilder): PanelBuilder {
  return builder
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
}

/** A duration as Grafana reads it: whole seconds or minutes. */
function grafanaInterval(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
