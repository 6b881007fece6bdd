import uPlot from "uplot";
import type { NumberFormat } from "../figure.js";
import { dashes, type Paint } from "../platform-colours.js";
import { createAxes, roundUp } from "./axes.js";
import type { Palette } from "./palette.js";
import { countSettled, stackSeries, type SeriesData } from "./series-data.js";

/** How a series is drawn: by a paint, or in an ink of the page. */
export type Stroke = Paint | "accent" | "second-ink";

function colourOf(stroke: Stroke, palette: Palette): string {
  if (stroke === "accent") return palette.accent;
  if (stroke === "second-ink") return palette.secondInk;
  return palette.hues[stroke.hue - 1] ?? palette.ink;
}

export interface PlotOptions {
  readonly style: "line" | "stacked-bars";
  readonly format: NumberFormat;
  readonly strokeOf: (name: string) => Stroke;
  readonly palette: () => Palette;
  /** Epoch ms; read whenever it draws. */
  readonly marks: () => { readonly watermarkMs: number | null; readonly lastLookMs: number | undefined };
  /** Called when the point that is looked at is another one, or none. */
  readonly onPoint: (at: number | undefined) => void;
  /** Called when scales and canvas are those of the newest frame. */
  readonly onDrawn: (plot: uPlot) => void;
}

export interface Frame {
  readonly data: SeriesData;
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  /** Up to when points are complete; they are drawn with dots behind that. */
  readonly settledMs: number;
}

/** A canvas with lines or bars for the names given, which stay the same as long as it lives. */
export function createPlot(
  target: HTMLElement,
  size: { readonly width: number; readonly height: number },
  names: readonly string[],
  options: PlotOptions,
): { readonly plot: uPlot; show(frame: Frame): void; destroy(): void } {
  const { palette } = options;
  let shown: Frame | undefined;
  const isStacked = options.style === "stacked-bars";
  const order = isStacked ? names.toReversed() : names;
  const series: uPlot.Series[] = order.flatMap((name) => seriesOf(name, options));
  const plot = new uPlot(
    {
      ...size,
      series: [{}, ...series],
      scales: {
        x: { time: false, range: () => [(shown?.fromMs ?? 0) / 1000, (shown?.toMs ?? 1) / 1000] },
        y: { range: (_, __, max) => [0, roundUp(max)] },
      },
      axes: createAxes(palette, options.format),
      padding: [0.6 * palette().rem, null, 0, null],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { size: 7 },
      },
      hooks: {
        drawClear: [(self) => drawOpen(self, options)],
        draw: [(self) => drawLastLook(self, options), options.onDrawn],
        setCursor: [({ cursor: { idx, left = -1 } }) => options.onPoint(left < 0 ? undefined : (idx ?? undefined))],
      },
    },
    undefined,
    target,
  );
  return {
    plot,
    show(frame) {
      shown = frame;
      plot.setData(isStacked ? stackedData(frame, order) : lineData(frame, order));
    },
    destroy: () => plot.destroy(),
  };
}

function seriesOf(name: string, { style, strokeOf, palette }: PlotOptions): uPlot.Series[] {
  const stroke = strokeOf(name);
  const colour = () => colourOf(stroke, palette());
  const scale = palette().rem / 16;
  const points = { show: false };
  if (style === "stacked-bars") {
    const paths = uPlot.paths.bars?.({ size: [0.7, 24 * scale], align: 1 });
    return [{ label: name, fill: colour, width: 0, points, ...(paths !== undefined && { paths }) }];
  }
  const dash = typeof stroke === "object" ? (dashes[stroke.dash] ?? []) : [];
  const line: uPlot.Series = { label: name, stroke: colour, width: 1.5 * scale, points, dash: [...dash] };
  return [line, { ...line, dash: [1, 3 * scale], cap: "round" }];
}

/** Each name twice: what is settled, and what is still being filled, which begins where the other ends. */
function lineData({ data, intervalMs, settledMs }: Frame, order: readonly string[]): uPlot.AlignedData {
  const settled = countSettled(data.times, intervalMs, settledMs);
  const values = new Map(data.series.map((each) => [each.name, each.values]));
  return [
    data.times.map((time) => time / 1000),
    ...order.flatMap((name) => {
      const all = values.get(name) ?? [];
      return [
        all.map((value, at) => (at < settled ? value : null)),
        all.map((value, at) => (at >= settled - 1 ? value : null)),
      ];
    }),
  ];
}

/** The highest are drawn first, so that those below them cover their lower parts. */
function stackedData({ data }: Frame, order: readonly string[]): uPlot.AlignedData {
  const stacked = new Map(stackSeries(data).series.map((each) => [each.name, each.values]));
  return [data.times.map((time) => time / 1000), ...order.map((name) => [...(stacked.get(name) ?? [])])];
}

/** What lies behind the watermark may still grow. */
function drawOpen({ ctx, bbox, valToPos, scales }: uPlot, { marks, palette }: PlotOptions): void {
  const { watermarkMs } = marks();
  const { min, max } = scales["x"] ?? {};
  if (watermarkMs === null || typeof min !== "number" || typeof max !== "number") return;
  if (watermarkMs / 1000 <= min || watermarkMs / 1000 >= max) return;
  const left = valToPos(watermarkMs / 1000, "x", true);
  ctx.save();
  ctx.fillStyle = palette().tint;
  ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
  ctx.restore();
}

function drawLastLook({ ctx, bbox, valToPos, scales }: uPlot, { marks, palette }: PlotOptions): void {
  const { lastLookMs } = marks();
  const { min, max } = scales["x"] ?? {};
  if (lastLookMs === undefined || typeof min !== "number" || typeof max !== "number") return;
  if (lastLookMs / 1000 <= min || lastLookMs / 1000 >= max) return;
  const left = Math.round(valToPos(lastLookMs / 1000, "x", true));
  ctx.save();
  ctx.strokeStyle = palette().secondInk;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
