import { sql } from "drizzle-orm";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  count,
  definePanel,
  percent,
  readRows,
  text,
  time,
  type PanelDefinition,
  type RowOfPanel,
} from "@tidemark/panels";
import { orders1m, ordersVerdicts1m } from "./tables.js";

const columns = { shop: text("Shop", sql`${orders1m.shop}`), cents: count("Cents", sql`sum(${orders1m.cents})`) };
const definition: PanelDefinition<typeof columns> = {
  id: "cents-by-shop",
  title: "Cents by shop",
  question: "Where is the money?",
  description: "",
  show: { kind: "bar-gauge", name: "shop", value: "cents" },
  columns,
  from: sql`from ${orders1m} where ${orders1m.topic} = '$topic' group by 1`,
  variables: ["topic"],
  noData: "None.",
};
const panel = definePanel(definition);

describe("a panel", () => {
  test("selects its columns under their names, numbers as doubles", () => {
    expect(panel.sql).toBe(
      'select\n  "orders_1m"."shop" as "shop",\n  (sum("orders_1m"."cents"))::float8 as "cents"\n' +
        'from "orders_1m" where "orders_1m"."topic" = \'$topic\' group by 1',
    );
  });

  test("gives its rows their type", () => {
    expectTypeOf<RowOfPanel<typeof panel>>().toEqualTypeOf<{
      readonly shop: string | null;
      readonly cents: number | null;
    }>();
  });

  test("does not compile with a column that isn't there, nor with one of the wrong kind", () => {
    // @ts-expect-error: the table has no such column
    const renamed = () => text("Shop", sql`${orders1m.shopp}`);
    // @ts-expect-error: nor has this one
    const gone = () => count("Records", sql`${ordersVerdicts1m.record}`);
    // @ts-expect-error: a bar is as long as a number, not as a text
    const wrong = () => definePanel({ ...definition, show: { kind: "bar-gauge", name: "shop", value: "shop" } });
    expect([renamed, gone, wrong]).toHaveLength(3);
  });

  test.each<[string, Partial<PanelDefinition<typeof columns>>]>([
    ["an id that is no address", { id: "Cents by shop" }],
    ["a blank title", { title: " " }],
    ["a blank question", { question: "" }],
    ["nothing to say where there is no data", { noData: "" }],
    ["a variable that its SQL doesn't name", { variables: ["topic", "shop"] }],
    ["a variable that it doesn't list", { variables: [] }],
    ["a series without time and metric", { show: { kind: "time-series", value: "cents", style: "line" } }],
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
    const rows = [{ shop: "Bogor", cents: 3, at: new Date(5_000), share: null, other: "left out" }];
    expect(readRows(timed, rows)).toEqual([{ shop: "Bogor", cents: 3, at: 5_000, share: null }]);
  });

  test.each([
    ["a number as a text", { shop: "Bogor", cents: "3", at: new Date(0), share: 1 }],
    ["no such column", { shop: "Bogor", cents: 3, share: 1 }],
    ["no time", { shop: "Bogor", cents: 3, at: new Date(NaN), share: 1 }],
  ])("are refused with %s", (_what, row) => {
    expect(() => readRows(timed, [row])).toThrow(expect.objectContaining({ code: "WRONG_ROW" }));
  });
});
