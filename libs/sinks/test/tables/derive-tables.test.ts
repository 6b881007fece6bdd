import type { FieldType, TimeUnit } from "@tidemark/schema";
import { getTableColumns, type Column } from "drizzle-orm";
import { getTableConfig, getViewConfig, pgTable, text, type PgTable } from "drizzle-orm/pg-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { deriveTables, type PipelineData, type PipelineTables } from "../../src/tables/index.js";
import { orders, orderTables } from "../orders.js";

const show = (property: string, { name, notNull, getSQLType }: Column, column: Column) =>
  `${property}: ${name} ${getSQLType.call(column)}${notNull ? "" : "?"}`;
const columnsOf = (table: PgTable) =>
  Object.entries(getTableColumns(table)).map(([property, column]) => show(property, column, column));
const indexesOf = (table: PgTable) =>
  getTableConfig(table).indexes.map(
    ({ config }) => `${config.name} ${config.method} ${config.columns.map((column) => (column as Column).name).join()}`,
  );

/** An event of one more field. */
function withField(field: string, type: FieldType, sqlType: string): PipelineData {
  const column = { name: field, type: sqlType, nullable: false };
  return {
    ...orders,
    fields: [...orders.fields, { name: field, type, nullable: false, optional: false }],
    tables: { ...orders.tables, columns: { ...orders.tables.columns, [field]: column } },
  };
}

const eventColumns = [
  "orderId: order_id uuid",
  "shop: shop text",
  "channel: channel integer",
  "cents: cents integer",
  "items: items integer",
  "note: note text?",
  "placedAt: placed_at timestamp with time zone",
  "price: price double precision?",
];
const position = ["topic: topic text", "partition: partition integer", "offset: offset bigint"];
const figures = [
  "window_start: window_start timestamp with time zone",
  "shop: shop text",
  "channel: channel integer",
  "orders: orders bigint",
  "cents: cents bigint",
  "cents_min: cents_min bigint?",
  "cents_max: cents_max bigint?",
  "price_sum: price_sum double precision",
  "price_count: price_count bigint",
  "noted: noted bigint",
];

describe("deriveTables", () => {
  it("makes the raw, late and rejected tables: the event's fields and rates, then where they came from", () => {
    expect(columnsOf(orderTables.raw)).toEqual([...eventColumns, ...position]);
    expect(columnsOf(orderTables.late)).toEqual([
      ...eventColumns,
      ...position,
      "watermark: watermark timestamp with time zone",
      "missed_by_ms: missed_by_ms bigint",
    ]);
    expect(columnsOf(orderTables.rejected).slice(0, 7)).toEqual([
      ...position,
      "bytes: bytes bytea?",
      "byte_length: byte_length integer?",
      "sha256: sha256 bytea?",
      "reason: reason text",
    ]);
    expect(indexesOf(orderTables.raw)).toEqual(["orders_placed_at brin placed_at"]);
  });

  it("makes a table and a view of each rollup, with the columns that its aggregates take", () => {
    const table = orderTables.rollups["orders_1m"] as PgTable;
    expect(columnsOf(table)).toEqual(["topic: topic text", "partition: partition integer", ...figures]);
    const [key] = getTableConfig(table).primaryKeys;
    expect(key?.columns.map(({ name }) => name)).toEqual(["topic", "partition", "window_start", "shop", "channel"]);
    expect(indexesOf(table)).toEqual(["orders_1m_window_start btree window_start"]);
    const view = getViewConfig(orderTables.totals["orders_1m"] as never);
    expect(view).toMatchObject({ name: "orders_1m_total" });
    expect(
      Object.entries(view.selectedFields).map(([property, column]) =>
        show(property, column as Column, column as Column),
      ),
    ).toEqual(["topic: topic text", ...figures, "closed: closed boolean"]);
  });

  it("names the tables in the pipeline's schema, and in none where that is public", () => {
    const { raw, verdicts, totals } = deriveTables({ ...orders, tables: { ...orders.tables, schema: "shop" } });
    expect([raw, ...verdicts].map((table) => getTableConfig(table).schema)).toEqual(["shop", "shop", "shop"]);
    expect(getViewConfig(totals["orders_1m"] as never).schema).toBe("shop");
    expect(getTableConfig(orderTables.raw).schema).toBeUndefined();
    expect(getViewConfig(orderTables.totals["orders_1m"] as never).schema).toBeUndefined();
  });

  it("takes tables of the user's own in the place of its own", () => {
    const raw = pgTable("mine", { orderId: text("order_id") });
    expect(deriveTables(orders, { raw }).raw).toBe(raw);
    expect(deriveTables(orders, { raw }).late).not.toBe(raw);
  });

  it.each<[FieldType, string]>([
    [{ kind: "integer", min: 0, max: Number.MAX_SAFE_INTEGER }, "bigint"],
    [{ kind: "double" }, "double precision"],
    [{ kind: "boolean" }, "boolean"],
    [{ kind: "enum", values: ["a", "b"] }, "text"],
    [{ kind: "date" }, "date"],
    [{ kind: "bigint" }, "bigint"],
    [{ kind: "decimal", precision: 10, scale: 2 }, "numeric(10, 2)"],
    [{ kind: "array", of: { kind: "decimal", precision: 5, scale: 0 } }, "numeric(5, 0)[]"],
    [{ kind: "json" }, "jsonb"],
  ])("has a column for a field of type %o", (type, sqlType) => {
    expect(columnsOf(deriveTables(withField("more", type, sqlType)).raw)).toContain(`more: more ${sqlType}`);
  });

  it("gives big integers as bigint where the event has them so", () => {
    const { raw } = deriveTables(withField("more", { kind: "bigint" }, "bigint"));
    expect((raw as unknown as { more: Column }).more.mapFromDriverValue("9007199254740993")).toBe(
      9_007_199_254_740_993n,
    );
  });

  it.each<[TimeUnit, string | number]>([
    ["s", -1],
    ["ms", -1],
    ["us", -1],
    ["us", 1_706_979_600_000_001],
    ["iso", "2024-02-03T17:00:00.000Z"],
    ["iso", "2024-02-03T17:00:00.123456Z"],
    ["iso", "2024-02-03T17:00:00.1234Z"],
  ])("reads and writes times in %s as the event has them: %s", (unit, value) => {
    const { raw } = deriveTables(withField("at", { kind: "time", unit }, "timestamp with time zone"));
    const { at } = raw as unknown as { at: Column };
    const written = String(at.mapToDriverValue(value));
    // As Postgres writes it, in another time zone.
    expect(at.mapFromDriverValue(inAnotherZone(written))).toBe(value);
  });

  it("types the columns by the event, the rates and the rollups", () => {
    interface Order {
      shop: string;
      cents: number;
      note?: string | null;
    }
    const rollup = {
      name: "orders_1m",
      keys: ["shop"],
      aggregates: { orders: { kind: "count" }, highest: { kind: "max" }, price: { kind: "mean" } },
    } as const;
    type Tables = PipelineTables<Order, "price", typeof rollup>;
    type Raw = Tables["raw"]["$inferSelect"];
    expectTypeOf<Pick<Raw, "shop" | "cents" | "note" | "price" | "offset">>().toEqualTypeOf<{
      shop: string;
      cents: number;
      note: string | null;
      price: number | null;
      offset: number;
    }>();
    type Window = Tables["rollups"]["orders_1m"]["$inferSelect"];
    expectTypeOf<Window>().toEqualTypeOf<{
      topic: string;
      partition: number;
      window_start: Date;
      shop: string;
      orders: number;
      highest: number | null;
      price_sum: number;
      price_count: number;
    }>();
    // @ts-expect-error: no such rollup
    type None = Tables["rollups"]["orders_1h"];
    expectTypeOf<None>().toEqualTypeOf<None>();
  });
});

function inAnotherZone(iso: string): string {
  const sevenHoursMs = 25_200_000;
  const shifted = new Date(Date.parse(iso) + sevenHoursMs).toISOString();
  const fraction = /\.\d+/.exec(iso)?.[0] ?? "";
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}${fraction}+07`;
}
