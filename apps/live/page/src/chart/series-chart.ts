import { formatNumber } from "@tidemark/panels/format";
import type uPlot from "uplot";
import { createElement, setAttribute } from "../element.js";
import type { NumberFormat } from "../figure.js";
import { watchTheme } from "../theme.js";
import { formatTime } from "../times.js";
import { formatShort } from "./axes.js";
import { createEndLabels } from "./end-labels.js";
import { readPalette } from "./palette.js";
import { createPlot, type Frame, type PlotOptions, type Stroke } from "./plot.js";
import { createReadout } from "./readout.js";
import { countSettled, type SeriesData } from "./series-data.js";

export interface SeriesChartOptions {
  /** Read by who can't see it. */
  readonly label: string;
  readonly style: PlotOptions["style"];
  readonly format: NumberFormat;
  readonly strokeOf: (name: string) => Stroke;
  /** Marks the swatch of a name, for the stylesheet. */
  readonly paint: (swatch: Element, name: string) => void;
}

export interface ChartFrame extends Frame {
  readonly watermarkMs: number | null;
  readonly lastLookMs: number | undefined;
}

export interface SeriesChart {
  readonly element: HTMLElement;
  show(frame: ChartFrame): void;
}

/** Lines or bars over time: with the pointer, and as a slider with the keyboard, one reads the values of a point in time. */
export function createSeriesChart(options: SeriesChartOptions): SeriesChart {
  const { format } = options;
  let palette = readPalette();
  let frame: ChartFrame | undefined;
  let plot: ReturnType<typeof createPlot> | undefined;
  let names = "";
  /** Of the canvas, in px. Measured when it changes, since to ask is to have the whole page laid out. */
  let width = 0;
  /** The point that the keyboard is at, epoch ms. */
  let keptMs: number | undefined;

  const canvas = createElement("div", {
    class: "canvas",
    role: "slider",
    tabindex: "0",
    "aria-label": `${options.label}: point in time`,
    "aria-valuemin": "0",
    "aria-valuemax": "0",
    "aria-valuenow": "0",
    "aria-valuetext": "No point is chosen",
  });
  const labels = createEndLabels(options.paint);
  const readout = createReadout(options.paint);
  const element = createElement("div", { class: "chart" }, canvas, labels.element, readout.element);

  const full = (value: number | null) => {
    const { text, unit } = formatNumber(value, format, "full");
    return unit === "" ? text : `${text} ${unit}`;
  };

  function showPoint(at: number | undefined): void {
    const time = at === undefined ? undefined : frame?.data.times[at];
    if (frame === undefined || plot === undefined || at === undefined || time === undefined) return readout.hide();
    const lines = frame.data.series
      .map(({ name, values }) => ({ name, number: values[at] ?? null }))
      .toSorted((a, b) => (b.number ?? 0) - (a.number ?? 0))
      .map(({ name, number }) => ({ name, value: full(number) }));
    const title = formatTime(time, frame.toMs);
    const { left } = areaOf(plot.plot);
    readout.show(title, lines, plot.plot.valToPos(time / 1000, "x") + left, width);
    setAttribute(canvas, "aria-valuenow", String(at));
    setAttribute(
      canvas,
      "aria-valuetext",
      `${title}: ${lines.map(({ name, value }) => `${name} ${value}`).join(", ")}`,
    );
  }

  function moveTo(at: number): void {
    const time = frame?.data.times[at];
    if (plot === undefined || time === undefined) return;
    keptMs = time;
    plot.plot.setCursor({ left: plot.plot.valToPos(time / 1000, "x"), top: 0 });
  }

  function leave(): void {
    keptMs = undefined;
    plot?.plot.setCursor({ left: -10, top: -10 });
    readout.hide();
  }

  canvas.addEventListener("keydown", (event) => {
    const last = (frame?.data.times.length ?? 0) - 1;
    const found = frame?.data.times.findIndex((time) => time >= (keptMs ?? Infinity)) ?? -1;
    const at = found === -1 ? last : found;
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - 10,
      PageUp: at + 10,
      Home: 0,
      End: last,
    };
    if (event.key === "Escape") return leave();
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    moveTo(Math.max(0, Math.min(target, last)));
  });
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) moveTo((frame?.data.times.length ?? 0) - 1);
  });
  canvas.addEventListener("blur", leave);

  function rebuild(): void {
    plot?.destroy();
    plot = undefined;
    const { clientWidth, clientHeight: height } = canvas;
    width = clientWidth;
    if (frame === undefined || width === 0 || height === 0) return;
    plot = createPlot(canvas, { width, height }, namesOf(frame.data), {
      style: options.style,
      format,
      strokeOf: options.strokeOf,
      palette: () => palette,
      marks: () => ({ watermarkMs: frame?.watermarkMs ?? null, lastLookMs: frame?.lastLookMs }),
      onPoint: showPoint,
      onDrawn: showDrawn,
    });
    draw();
  }

  function draw(): void {
    if (plot === undefined || frame === undefined) return;
    plot.show(frame);
    setAttribute(canvas, "aria-valuemax", String(Math.max(0, frame.data.times.length - 1)));
  }

  /** What stands on the scales, which are known only now. */
  function showDrawn(drawn: uPlot): void {
    if (frame === undefined) return;
    showLabels(drawn, frame);
    const { idx, left = -1 } = drawn.cursor;
    if (keptMs !== undefined) moveTo(Math.max(0, frame.data.times.indexOf(keptMs)));
    else if (left >= 0) showPoint(idx ?? undefined);
  }

  function showLabels(drawn: uPlot, { data, intervalMs, settledMs }: ChartFrame): void {
    if (options.style === "stacked-bars") return labels.show([], 0, 0);
    const area = areaOf(drawn);
    const settled = countSettled(data.times, intervalMs, settledMs);
    const at = Math.max(0, Math.min(settled, data.times.length) - 1);
    const shown = data.series.map(({ name, values }) => {
      const value = values[at] ?? null;
      const top = drawn.valToPos(value ?? 0, "y") + area.top;
      return { name, value: value === null ? "–" : formatShort(value, format), top };
    });
    labels.show(shown, 1.3 * 0.75 * palette.rem, area.top + area.height);
  }

  new ResizeObserver(() => {
    const { clientWidth, clientHeight: height } = canvas;
    width = clientWidth;
    if (width === 0 || height === 0) return;
    const { rem } = readPalette();
    if (plot === undefined || rem !== palette.rem) {
      palette = readPalette();
      rebuild();
      return;
    }
    plot.plot.setSize({ width, height });
    draw();
  }).observe(canvas);
  watchTheme(() => {
    palette = readPalette();
    plot?.plot.redraw(false, true);
  });

  return {
    element,
    show(next) {
      frame = next;
      const now = namesOf(next.data).join("\n");
      if (now !== names || plot === undefined) {
        names = now;
        rebuild();
      } else draw();
    },
  };
}

const namesOf = ({ series }: SeriesData): string[] => series.map(({ name }) => name);

/** Where the axes end, in px of the chart. */
function areaOf({ bbox: { left, top, height } }: uPlot): { left: number; top: number; height: number } {
  return { left: left / devicePixelRatio, top: top / devicePixelRatio, height: height / devicePixelRatio };
}
