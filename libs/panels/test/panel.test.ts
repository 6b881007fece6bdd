import { socmed1m, socmedVerdicts1m } from "@tidemark/sinks/tables";
import { sql } from "drizzle-orm";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  count,
  dashboards,
  definePanel,
  panelsOf,
  percent,
  readRows,
  text,
  time,
  type PanelDefinition,
  type RowOfPanel,
} from "@tidemark/panels";

const columns = { city: text("City", sql`${socmed1m.Kota}`), sales: count("Sales", sql`sum(${socmed1m.sales})`) };
const definition: PanelDefinition<typeof columns> = {
  id: "sales-by-city",
  title: "Sales by city",
  question: "Where are the sales?",
  description: "",
  show: { kind: "bar-gauge", name: "city", value: "sales" },
  columns,
  from: sql`from ${socmed1m} where ${socmed1m.topic} = '$topic' group by 1`,
  variables: ["topic"],
  noData: "None.",
};
const panel = definePanel(definition);

describe("a panel", () => {
  test("selects its columns under their names, numbers as doubles", () => {
    expect(panel.sql).toBe(
      'select\n  "socmed_1m"."kota" as "city",\n  (sum("socmed_1m"."sales"))::float8 as "sales"\n' +
        'from "socmed_1m" where "socmed_1m"."topic" = \'$topic\' group by 1',
    );
  });

  test("gives its rows their type", () => {
    expectTypeOf<RowOfPanel<typeof panel>>().toEqualTypeOf<{
      readonly city: string | null;
      readonly sales: number | null;
    }>();
  });

  test("does not compile with a column that isn't there, nor with one of the wrong kind", () => {
    // @ts-expect-error: the table has no such column
    const renamed = () => text("City", sql`${socmed1m.Kotta}`);
    // @ts-expect-error: nor has this one
    const gone = () => count("Records", sql`${socmedVerdicts1m.record}`);
    // @ts-expect-error: a bar is as long as a number, not as a text
    const wrong = () => definePanel({ ...definition, show: { kind: "bar-gauge", name: "city", value: "city" } });
    expect([renamed, gone, wrong]).toHaveLength(3);
  });

  test.each<[string, Partial<PanelDefinition<typeof columns>>]>([
    ["an id that is no address", { id: "Sales by city" }],
    ["a blank title", { title: " " }],
    ["a blank question", { question: "" }],
    ["nothing to say where there is no data", { noData: "" }],
    ["a variable that its SQL doesn't name", { variables: ["topic", "city"] }],
    ["a variable that it doesn't list", { variables: [] }],
    ["a series without time and metric", { show: { kind: "time-series", value: "sales", style: "line" } }],
  ])("is refused with %s", (_what, change) => {
    expect(() => definePanel({ ...definition, ...change })).toThrow(
      expect.objectContaining({ name: "PanelError", code: "INVALID_PANEL" }),
    );
  });
});

describe("rows", () => {
  const timed = definePanel({
    ...definition,
    show: { kind: "table" },
    columns: { ...columns, at: time("At", sql`now()`), share: percent("Share", sql`1`) },
  });

  test("are read by the panel's columns, times as epoch ms", () => {
    const rows = [{ city: "Bogor", sales: 3, at: new Date(5_000), share: null, other: "left out" }];
    expect(readRows(timed, rows)).toEqual([{ city: "Bogor", sales: 3, at: 5_000, share: null }]);
  });

  test.each([
    ["a number as a text", { city: "Bogor", sales: "3", at: new Date(0), share: 1 }],
    ["no such column", { city: "Bogor", sales: 3, share: 1 }],
    ["no time", { city: "Bogor", sales: 3, at: new Date(NaN), share: 1 }],
  ])("are refused with %s", (_what, row) => {
    expect(() => readRows(timed, [row])).toThrow(expect.objectContaining({ code: "WRONG_ROW" }));
  });
});

describe("the dashboards", () => {
  test("answer each question of the deck, and what the pipeline is asked", () => {
    expect(dashboards.map((dashboard) => [dashboard.id, panelsOf(dashboard).map(({ id }) => id)])).toEqual([
      [
        "social-media-performance",
        [
          "total-usage",
          "platform-with-most-visitors",
          "total-transactions",
          "real-time-total-usage",
          "average-conversion-rate",
          "average-bounce-rate",
          "city-with-most-users",
          "city-with-most-sales",
          "funnel",
          "conversion-by-city-and-platform",
        ],
      ],
      [
        "pipeline-health",
        [
          "lag-now",
          "rows-per-second",
          "database-size",
          "ledger",
          "watermarks",
          "ledger-over-time",
          "late-by-how-much",
          "rejects-by-reason",
          "checkpoint-time",
          "lag-over-time",
        ],
      ],
    ]);
  });

  test("have rows that are full, and panels that are told apart", () => {
    for (const dashboard of dashboards) {
      for (const row of dashboard.rows) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
      const ids = panelsOf(dashboard).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});
