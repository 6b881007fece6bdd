import type { DashboardFile } from "../schema/dashboard-file.js";

/** Grafana's grid has so many columns. */
const columns = 24;

export function findGridProblems({ panels }: DashboardFile): string[] {
  const placed = panels.map(({ title, gridPos }) => ({ title, ...(gridPos ?? { x: 0, y: 0, w: 0, h: 0 }) }));
  const outside = placed.filter(({ x, y, w, h }) => x < 0 || y < 0 || w <= 0 || h <= 0 || x + w > columns);
  const pairs = placed.flatMap((one, index) => placed.slice(index + 1).map((other) => ({ one, other })));
  const overlapping = pairs.filter(
    ({ one, other }) =>
      one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h,
  );
  return [
    ...outside.map(({ title }) => `grid: ${title} does not lie within ${columns} columns`),
    ...overlapping.map(({ one, other }) => `grid overlap: ${one.title} and ${other.title}`),
  ];
}
