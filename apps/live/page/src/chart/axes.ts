import { formatNumber } from "@tidemark/panels/format";
import type uPlot from "uplot";
import type { NumberFormat } from "../figure.js";
import { formatClock, formatDay } from "../times.js";
import type { Palette } from "./palette.js";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How far apart marks of the time axis may be, in s. */
const timeSteps = [
  1,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((step) => step * minute),
  ...[1, 2, 3, 6, 12].map((step) => step * hour),
  ...[1, 2, 7, 30, 90, 365].map((step) => step * day),
];

const niceSteps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The next round number: a scale that ends there does not move with every value. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return (niceSteps.find((step) => step * magnitude >= value) ?? 10) * magnitude;
}

function formatMark(seconds: number, step: number): string {
  const ms = seconds * 1000;
  if (step >= day) return formatDay(ms).slice(5);
  if (step < minute) return formatClock(ms);
  return seconds % day === 0 ? formatDay(ms).slice(5) : formatClock(ms).slice(0, 5);
}

/** As short as it can be and still be told apart from its neighbours. */
export function formatShort(value: number, format: NumberFormat): string {
  const decimals = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
  const { text, unit } = formatNumber(value, { unit: format.unit, decimals });
  return unit === "" ? text : `${text} ${unit}`;
}

export function createAxes(palette: () => Palette, format: NumberFormat): [x: uPlot.Axis, y: uPlot.Axis] {
  const { rem, fontFamily } = palette();
  const common: uPlot.Axis = {
    font: `${0.75 * rem}px ${fontFamily}`,
    stroke: () => palette().secondInk,
    grid: { stroke: () => palette().line, width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...common,
      grid: { show: false },
      size: 1.6 * rem,
      gap: 0.4 * rem,
      space: 4 * rem,
      incrs: timeSteps,
      values: (_, splits, __, ___, step) => splits.map((split) => formatMark(split, step)),
    },
    {
      ...common,
      size: (_, values) => Math.max(2, ...(values ?? []).map((value) => value.length * 0.43 + 0.7)) * rem,
      gap: 0.4 * rem,
      space: 2.4 * rem,
      values: (_, splits) => splits.map((split) => formatShort(split, format)),
    },
  ];
}
