/** Times as people read them. All of them are UTC, as the page says. */

const two = (value: number): string => String(value).padStart(2, "0");

/** 14:41:05 */
export function formatClock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

/** 2024-02-03 */
export function formatDay(ms: number): string {
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
}

/** With the day, unless it is the same as that of `besideMs`. */
export function formatTime(ms: number, besideMs: number): string {
  return formatDay(ms) === formatDay(besideMs) ? formatClock(ms) : `${formatDay(ms)} ${formatClock(ms)}`;
}

const steps = [
  { below: 60_000, by: 1000, unit: "s" },
  { below: 3_600_000, by: 60_000, unit: "min" },
  { below: 86_400_000, by: 3_600_000, unit: "h" },
  { below: Infinity, by: 86_400_000, unit: "d" },
];

/** In the largest unit that it fills, and what is left in the next: 42 s, 5 min, 1 h 20 min, 3 d. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000)) * 1000;
  const at = steps.findIndex(({ below }) => seconds < below);
  const step = steps[at];
  if (step === undefined) return "";
  const whole = Math.floor(seconds / step.by);
  const rest = steps[at - 1];
  const left = rest === undefined || whole >= 10 ? 0 : Math.floor((seconds - whole * step.by) / rest.by);
  return rest === undefined || left === 0 ? `${whole} ${step.unit}` : `${whole} ${step.unit} ${left} ${rest.unit}`;
}
