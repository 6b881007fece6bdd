import type { Panel } from "@tidemark/panels";
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { byThresholds, thresholds } from "./colours.js";
import { numberFormat } from "./number-format.js";
import { onlyShown, valueColumn, type ShowOf } from "./shown-columns.js";

/** The one row's number; where it has a name, that stands above it, and the number keeps all its digits. */
export function buildStat(panel: Panel, { value, name }: ShowOf<"stat">): PanelBuilder {
  const column = valueColumn(panel, value);
  const { unit, decimals } = numberFormat(column, name === undefined ? "short" : "full");
  const builder = new PanelBuilder()
    .unit(unit)
    .thresholds(thresholds(column.thresholds))
    .colorScheme(byThresholds())
    .colorMode(column.thresholds === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(name === undefined ? BigValueTextMode.Value : BigValueTextMode.ValueAndName)
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).limit(1).calcs([]).fields(""))
    .transformations(onlyShown(panel, name === undefined ? [value] : [name, value]));
  return decimals === undefined ? builder : builder.decimals(decimals);
}
