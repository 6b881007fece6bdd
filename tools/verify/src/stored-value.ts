import { timeMsOf, type OracleTimeUnit } from "@tidemark/scenario/oracle";

/** As Postgres writes a timestamptz in UTC: `2024-02-03 17:00:00.25+00`. */
export function formatStoredTime(ms: number, micros = 0): string {
  if (micros === 0 && ms === lastMs) return lastText;
  const [date = "", time = ""] = new Date(ms).toISOString().slice(0, -1).split("T");
  const year = Number(date.slice(0, -"-02-03".length));
  const shownYear = String(year > 0 ? year : 1 - year).padStart(4, "0");
  const digits = micros === 0 ? time : `${time}${String(micros).padStart(3, "0")}`;
  // A fraction is always there, so that only its zeros are taken off.
  const text = `${shownYear}${date.slice(-"-02-03".length)} ${digits.replace(/\.?0+$/, "")}+00${year > 0 ? "" : " BC"}`;
  if (micros === 0) [lastMs, lastText] = [ms, text];
  return text;
}

let lastMs = NaN;
let lastText = "";

/** A time of an event as Postgres writes it, which keeps microseconds and cuts what is below. */
export function formatEventTime(value: unknown, unit: OracleTimeUnit): string {
  const ms = timeMsOf(value, unit);
  if (unit === "us") return formatStoredTime(ms, Number(value) - ms * 1000);
  if (unit !== "iso") return formatStoredTime(ms);
  const fraction = /\.(\d+)/.exec(String(value))?.[1] ?? "";
  return formatStoredTime(ms, Number(fraction.slice(3, 6).padEnd(3, "0")));
}

/** A decimal number without needless zeros, as `trim_scale` writes it. */
export function formatNumeric(value: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(value) ?? [];
  const shift = Number(exponent);
  const digits = `${"0".repeat(Math.max(0, -shift))}${whole}${fraction}${"0".repeat(Math.max(0, shift))}`;
  const point = digits.length - fraction.length - Math.max(0, shift) + shift;
  const before = digits.slice(0, point).replace(/^0+(?=.)/, "") || "0";
  const after = digits.slice(point).replace(/0+$/, "");
  const number = after === "" ? before : `${before}.${after}`;
  return number === "0" ? number : sign + number;
}

/** JSON whose keys are sorted, so that equal values have equal texts. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
