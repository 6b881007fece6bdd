/**
 * What becomes of a query's SQL on its way to Postgres, written after Grafana's own behaviour and apart from the panels'
 * expandMacros: in the browser the variables, then in the Postgres plugin the macros, over all of the text.
 */

export interface Selection {
  /** One value: put there without quotes, its own doubled. Several: each in quotes, with commas between. */
  readonly [variable: string]: string | readonly string[] | { readonly raw: string };
}

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

const doubled = (value: string): string => value.split("'").join("''");

/** The browser's part. `intervalMs` is what it works out from the range, the panel's width and its least interval. */
export function replaceVariables(sql: string, selection: Selection, intervalMs: number): string {
  return sql.replace(/\$(\w+)|\$\{(\w+)\}/g, (found: string, plain?: string, braced?: string) => {
    const name = plain ?? braced ?? "";
    if (name === "__interval_ms") return `${intervalMs}`;
    const value = selection[name];
    // What it does not know it leaves as it is.
    if (value === undefined) return found;
    if (typeof value === "string") return doubled(value);
    return "raw" in value ? value.raw : value.map((one) => `'${doubled(one)}'`).join(",");
  });
}

/** The plugin's part. Throws where it knows no such macro. */
export function expandInPlugin(sql: string, { fromMs, toMs }: TimeRange): string {
  return sql.replace(/\$([_a-zA-Z0-9]+)\(([^)]*)\)/g, (_, name: string, list: string) => {
    const args = list.split(",").map((arg) => arg.replace(/^ +| +$/g, ""));
    switch (name) {
      case "__timeFilter":
        return `${args[0]} BETWEEN '${rfc3339(fromMs)}' AND '${rfc3339(toMs)}'`;
      case "__timeFrom":
        return `'${rfc3339(fromMs)}'`;
      case "__timeTo":
        return `'${rfc3339(toMs)}'`;
      case "__unixEpochNanoFrom":
        return `${fromMs}000000`;
      case "__unixEpochNanoTo":
        return `${toMs}000000`;
      default:
        throw new Error(`unknown macro "${name}"`);
    }
  });
}

/** Go's RFC3339Nano: the fraction without zeros at its end, and no point without a fraction. */
function rfc3339(ms: number): string {
  const [whole = "", fraction = ""] = new Date(ms).toISOString().replace("Z", "").split(".");
  const digits = fraction.replace(/0+$/, "");
  return digits === "" ? `${whole}Z` : `${whole}.${digits}Z`;
}
