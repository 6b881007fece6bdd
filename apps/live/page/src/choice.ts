import { ranges, type Choice, type Range } from "../../src/protocol.js";

/** Shown in the controls, and in sentences. */
export const rangeTitles: Readonly<
  Record<Range, { readonly short: string; readonly long: string; readonly before: string }>
> = {
  "5m": { short: "5 min", long: "the last 5 min", before: "the 5 min before" },
  "1h": { short: "1 h", long: "the last hour", before: "the hour before" },
  "24h": { short: "24 h", long: "the last 24 h", before: "the 24 h before" },
  all: { short: "All", long: "all time", before: "" },
};

export const rangeNames = Object.keys(ranges).filter(isRange);

function isRange(text: string): text is Range {
  return Object.hasOwn(ranges, text);
}

/** What the page's address asks for. What it doesn't say, or says wrongly, is the first tab, five minutes, and all. */
export function readChoice(search: string, tabs: readonly string[]): Choice {
  const query = new URLSearchParams(search);
  const tab = query.get("tab") ?? "";
  const range = query.get("range") ?? "";
  return {
    tab: tabs.includes(tab) ? tab : (tabs[0] ?? ""),
    range: isRange(range) ? range : "5m",
    cities: readNames(query, "city"),
    platforms: readNames(query, "platform"),
  };
}

function readNames(query: URLSearchParams, name: string): readonly string[] | null {
  const names = [...new Set(query.getAll(name).filter((value) => value !== ""))].toSorted();
  return names.length === 0 ? null : names;
}

/** The same choice as an address of the page, and as the query of its stream. */
export function writeChoice({ tab, range, cities, platforms }: Choice): string {
  const query = new URLSearchParams({ tab, range });
  for (const city of cities ?? []) query.append("city", city);
  for (const platform of platforms ?? []) query.append("platform", platform);
  return `?${query}`;
}
