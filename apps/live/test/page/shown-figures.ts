import type { Page } from "playwright-core";

/** What a table shows, row by row and cell by cell: the full values of the numbers in a cell, or else its text. */
export type ShownTable = readonly (readonly (string | readonly number[])[])[];

/** The table of a chart: the time first in each row, then a cell for each of the names. */
export interface ShownSeries {
  readonly names: readonly string[];
  readonly rows: ShownTable;
}

/** The page's numbers at one moment. */
export interface ShownFigures {
  readonly fromMs: number;
  readonly toMs: number;
  /** By the panel's id; also of panels that are no table, as one row with one cell. */
  readonly panels: Readonly<Record<string, ShownTable>>;
  /** Of the matrix by city and platform, in the order of the panel's columns. */
  readonly matrix: Readonly<Record<string, readonly number[]>>;
  /** The tables of the charts, by panel. */
  readonly series: Readonly<Record<string, ShownSeries>>;
  /** The row ledger at the foot. */
  readonly ledger: Readonly<Record<string, number>>;
  /** The names beside the large numbers. */
  readonly leader: string;
}

/** Opens the tables of all charts, and reads everything at once, so that no update comes between. */
export async function readFigures(page: Page): Promise<ShownFigures> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>(".as-table")) details.open = true;
  });
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".as-table .scroller")].every((each) => each.childElementCount > 0),
  );
  return page.evaluate(() => {
    const valuesOf = (element: Element): number[] =>
      [...element.querySelectorAll<HTMLElement>("[data-value]")].map((each) => Number(each.dataset["value"]));
    const readCell = (cell: HTMLElement): string | number[] => {
      if (cell.dataset["value"] !== undefined) return [Number(cell.dataset["value"])];
      const values = valuesOf(cell);
      return values.length > 0 ? values : (cell.textContent ?? "");
    };
    const readTable = (table: HTMLTableElement) =>
      [...table.querySelectorAll<HTMLTableRowElement>("tbody tr")].map((row) => [...row.cells].map(readCell));
    const entries = [...document.querySelectorAll<HTMLElement>("[data-panel]")].map((element) => [
      element.dataset["panel"] ?? "",
      element instanceof HTMLTableElement ? readTable(element) : [[valuesOf(element)]],
    ]);
    const matrix = [...document.querySelectorAll<HTMLElement>("[data-city]")].map((cell) => [
      `${cell.dataset["city"]} ${cell.dataset["platform"]}`,
      valuesOf(cell),
    ]);
    const series = [...document.querySelectorAll<HTMLElement>(".as-table")].map((details) => [
      details.closest(".card")?.querySelector<HTMLElement>("[data-panel]")?.dataset["panel"] ?? "",
      {
        names: [...details.querySelectorAll("thead th")].slice(1).map((heading) => heading.textContent ?? ""),
        rows: [...details.querySelectorAll("table")].flatMap(readTable),
      },
    ]);
    const ledger = [...document.querySelectorAll<HTMLElement>("[data-ledger] [data-kind]")].map((element) => [
      element.dataset["kind"] ?? "",
      Number(element.dataset["value"]),
    ]);
    const stage = document.querySelector<HTMLElement>(".stage");
    return {
      fromMs: Number(stage?.dataset["from"]),
      toMs: Number(stage?.dataset["to"]),
      panels: Object.fromEntries(entries),
      matrix: Object.fromEntries(matrix),
      series: Object.fromEntries(series),
      ledger: Object.fromEntries(ledger),
      leader: document.querySelector('[data-panel="platform-with-most-visitors"] .name')?.textContent ?? "",
    };
  });
}
