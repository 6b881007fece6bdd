import type { ColumnDataType } from "drizzle-orm/column-builder";
import type { PgColumn, PgTable, PgTableWithColumns, PgView, PgViewWithSelection } from "drizzle-orm/pg-core";
import type { AggregateData } from "./pipeline-data.js";
import type { VerdictTable } from "./verdicts.js";

/** A column that gives values of the type, or null where it includes null or undefined. */
type ColumnOf<Value> = PgColumn<{
  name: string;
  tableName: string;
  dataType: ColumnDataType;
  columnType: string;
  data: NonNullable<Value>;
  driverParam: unknown;
  notNull: null extends Value ? false : undefined extends Value ? false : true;
  hasDefault: false;
  isPrimaryKey: false;
  isAutoincrement: false;
  hasRuntimeDefault: false;
  enumValues: undefined;
  baseColumn: never;
  identity: undefined;
  generated: undefined;
}>;

type ColumnsOf<Row> = { [Property in keyof Row & string]-?: ColumnOf<Row[Property]> };

type TableOf<Row> = PgTableWithColumns<{
  name: string;
  schema: string | undefined;
  columns: ColumnsOf<Row>;
  dialect: "pg";
}>;

interface Position {
  topic: string;
  partition: number;
  offset: number;
}

type Rates<RateName extends string> = { [Name in RateName]: number | null };

/** The table of counted events of the type `E`, with their rates. */
export type RawTableOf<E extends object, RateName extends string = never> = TableOf<E & Rates<RateName> & Position>;

/** The table of events that came too late for every window. */
export type LateTableOf<E extends object, RateName extends string = never> = TableOf<
  E &
    Rates<RateName> &
    Position & {
      /** The partition's watermark when the event came. */
      watermark: Date;
      /** By how much, in ms. */
      missed_by_ms: number;
    }
>;

/** Records that are no event, come from too far in the future (reason `future`), or were refused by a constraint. */
export type RejectedTable = TableOf<
  Position & {
    /** The record's value, or its start where the definition keeps no more; null: it has none. */
    bytes: Uint8Array | null;
    /** Of the whole value. */
    byte_length: number | null;
    /** Of the whole value. */
    sha256: Uint8Array | null;
    reason: string;
    field: string | null;
    expected: string;
    received: string;
    /** Null before the partition's first event. */
    watermark: Date | null;
  }
>;

type Aggregates = Readonly<Record<string, AggregateKind>>;
type AggregateKind = { readonly kind: AggregateData["kind"] };

/** The columns that an aggregate takes. */
type ColumnNames<Name extends string, Aggregate> = Aggregate extends { readonly kind: "mean" }
  ? `${Name}_sum` | `${Name}_count`
  : Name;

type AggregateValues<All extends Aggregates> = {
  [Name in keyof All & string as ColumnNames<Name, All[Name]>]: All[Name] extends { readonly kind: "min" | "max" }
    ? number | null
    : number;
};

/** What the types of a rollup's table come from. */
export interface TypedRollup {
  readonly name: string;
  readonly keys: readonly string[];
  readonly aggregates: Aggregates;
}

type WindowRow<E extends object, Rollup extends TypedRollup> = { topic: string; window_start: Date } & {
  [Key in Rollup["keys"][number]]: Key extends keyof E ? E[Key] : unknown;
} & AggregateValues<Rollup["aggregates"]>;

/** A rollup's table: the figures of each window, partition and combination of keys. */
export type RollupTableOf<E extends object, Rollup extends TypedRollup> = TableOf<
  WindowRow<E, Rollup> & { partition: number }
>;

/** A rollup's figures over all partitions of a topic. `closed`: no partition can add to the window any more. */
export type TotalViewOf<E extends object, Rollup extends TypedRollup> = PgViewWithSelection<
  string,
  true,
  ColumnsOf<WindowRow<E, Rollup> & { closed: boolean }>
>;

/** Any event, where its type is not known. */
export type AnyEvent = Record<string, unknown>;

/** A pipeline's tables and views, to query with. */
export interface PipelineTables<
  E extends object = AnyEvent,
  RateName extends string = string,
  Rollup extends TypedRollup = TypedRollup,
> {
  readonly raw: RawTableOf<E, RateName>;
  readonly late: LateTableOf<E, RateName>;
  readonly rejected: RejectedTable;
  readonly rollups: { readonly [R in Rollup as R["name"]]: RollupTableOf<E, R> };
  readonly totals: { readonly [R in Rollup as R["name"]]: TotalViewOf<E, R> };
  /** Absent: ids are unique in each partition. */
  readonly topicIds?: TopicIdTables;
  /** In the order of the definition: the finest first. */
  readonly verdicts: readonly VerdictTable[];
}

/** The tables that make ids unique over all partitions of a topic. */
export interface TopicIdTables {
  readonly ids: PgTable;
  readonly copies: PgTable;
}

/** The tables of `deriveTables`, whatever the types of their columns. */
export interface DerivedTables {
  readonly raw: PgTable;
  readonly late: PgTable;
  readonly rejected: PgTable;
  readonly rollups: Readonly<Record<string, PgTable>>;
  readonly totals: Readonly<Record<string, PgView>>;
  readonly topicIds?: TopicIdTables;
  readonly verdicts: readonly PgTable[];
}
