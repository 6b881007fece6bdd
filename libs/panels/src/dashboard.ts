import type { Annotation } from "./annotation.js";
import type { Panel } from "./panel.js";
import type { Variable } from "./variables.js";

/** A panel's place: columns of 24, and how many of them it takes; rows as high as they need, in units of about 38 px. */
export interface PlacedPanel {
  readonly panel: Panel;
  readonly width: number;
  readonly height: number;
}

export const place = (panel: Panel, width: number, height: number): PlacedPanel => ({ panel, width, height });

/** Panels in reading order, row by row, with what they share. */
export interface Dashboard {
  /** In kebab-case: its address. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** The time range that it opens with, as Grafana writes it: from so long ago to now. */
  readonly range: string;
  readonly refreshSeconds: number;
  readonly variables: readonly Variable[];
  readonly annotations: readonly Annotation[];
  readonly rows: readonly (readonly PlacedPanel[])[];
  /** The ids of the dashboards that it links to. */
  readonly links: readonly string[];
}

/** All panels of a dashboard in reading order. */
export function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return dashboard.rows.flat().map(({ panel }) => panel);
}
