import type { EventRow, Pipeline, Progress } from "@tidemark/pipeline";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `read 20 = counted 18 + late 1 + rejected 1`: parts that are 0 are left out. */
export function formatLedger(ledger: Progress["ledger"]): string {
  const { read, skipped, lost, ...parts } = ledger;
  const named = Object.entries(parts).filter(([name, count]) => name === "counted" || count > 0);
  const sum = named.map(([name, count]) => `${name} ${whole.format(count)}`).join(" + ");
  const beside = Object.entries({ skipped, lost }).filter(([, count]) => count > 0);
  return [
    `read ${whole.format(read)} = ${sum}`,
    ...beside.map(([name, count]) => `${name} ${whole.format(count)}`),
  ].join(", ");
}

/** `2024-02-03 17:00:00`, or `none` before the first event. */
function formatTime(epochMs: number): string {
  if (!Number.isFinite(epochMs)) return "none";
  return new Date(epochMs).toISOString().replace("T", " ").slice(0, -5);
}

/** One line; without the watermark's date where it has to be short. */
export function formatStatus(progress: Progress, isShort = false): string {
  const { perSecond, lag, held, watermarkMs, ledger } = progress;
  const watermark = formatTime(watermarkMs);
  const shown = isShort ? watermark.slice(-"17:00:00".length) : watermark;
  const since = held === undefined ? "" : isShort ? "" : ` since ${formatTime(held.sinceMs)}`;
  const behind = held === undefined ? "" : ` + ${whole.format(held.records)} behind an open transaction${since}`;
  return `${whole.format(perSecond)} ev/s  lag ${whole.format(lag)}${behind}  watermark ${shown}  ${formatLedger(ledger)}`;
}

/** One JSON object per line; times in epoch ms, null before the first event. */
export function formatJson(progress: Progress): string {
  const { perSecond, lag, held, watermarkMs, ledger, partitions } = progress;
  return JSON.stringify({
    kind: "progress",
    eventsPerSecond: Math.round(perSecond),
    lag,
    held: held ?? null,
    partitions,
    watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    ledger,
  });
}

const rowsShown = 20;

// Texts come from outside: a character that would break the frame is shown as a dot.
const printable = (text: string) => text.replaceAll(/[\p{C}\u2028\u2029]/gu, ".");

/** A batch as Spark's console shows it: a framed table of at most 20 rows, cells to the right. `count`: how many rows there are. */
export function formatTable(
  title: string,
  data: Pipeline["data"],
  rows: readonly EventRow[],
  count = rows.length,
): string {
  const names = Object.keys(data.tables.columns);
  const shown = rows.slice(0, rowsShown);
  const cells = [names, ...shown.map((row) => names.map((name) => printable(formatCell(data, name, row[name]))))];
  const widths = names.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const frame = `+${widths.map((width) => "-".repeat(width)).join("+")}+`;
  const lines = cells.map((line) => `|${line.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("|")}|`);
  const more = count > rowsShown ? [`only showing top ${rowsShown} rows of ${whole.format(count)}`] : [];
  return [title, frame, lines[0] ?? "", frame, ...lines.slice(1), frame, ...more].join("\n");
}

const unitsMs = { s: 1000, ms: 1, us: 1 / 1000 } as const;

function formatCell({ time }: Pipeline["data"], name: string, value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (name === time.field && time.unit !== "iso") return formatTime(Math.floor((value as number) * unitsMs[time.unit]));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
