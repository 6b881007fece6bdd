import { MalformedRequestError } from "../errors.js";
import type { Reader } from "./reader.js";

/** How a value looks on the wire. It is written as pieces of a frame; records are passed on, not copied. */
export interface Codec<T> {
  read(from: Reader): T;
  write(to: Buffer[], value: T): void;
}

/** The value that a codec carries. */
export type Value<C> = C extends Codec<infer T> ? T : never;

function integer(size: 1 | 2 | 4): Codec<number> {
  return {
    read: (from) => from.buffer.readIntBE(from.take(size), size),
    write(to, value) {
      const bytes = Buffer.allocUnsafe(size);
      bytes.writeIntBE(value, 0, size);
      to.push(bytes);
    },
  };
}

export const int8 = integer(1);
export const int16 = integer(2);
export const int32 = integer(4);
/** Exact to 2^53: no offset, timestamp or id here gets beyond. */
export const int64: Codec<number> = {
  read: (from) => Number(from.buffer.readBigInt64BE(from.take(8))),
  write(to, value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(BigInt(value));
    to.push(bytes);
  },
};
export const boolean = mapped(
  int8,
  (value) => value !== 0,
  (value: boolean) => (value ? 1 : 0),
);

/** Bytes behind their size; a size of -1 is null. They are read as a view of the frame: copy what is kept. */
function sized(size: Codec<number>): Codec<Buffer | null> {
  return {
    read(from) {
      const length = size.read(from);
      if (length === -1) return null;
      const at = from.take(length);
      return from.buffer.subarray(at, at + length);
    },
    write(to, value) {
      size.write(to, value?.length ?? -1);
      if (value !== null) to.push(value);
    },
  };
}

function mapped<A, B>(codec: Codec<A>, decode: (value: A) => B, encode: (value: B) => A): Codec<B> {
  return { read: (from) => decode(codec.read(from)), write: (to, value) => codec.write(to, encode(value)) };
}

function required<T>(codec: Codec<T | null>): Codec<T> {
  const check = (value: T | null): T => {
    if (value === null) throw new MalformedRequestError("null where a value belongs");
    return value;
  };
  return mapped(codec, check, (value) => value);
}

export const nullableBytes = sized(int32);
export const bytes = required(nullableBytes);
export const nullableString = mapped(
  sized(int16),
  (text) => text?.toString() ?? null,
  (text) => (text === null ? null : Buffer.from(text)),
);
export const string = required(nullableString);

export function nullableArray<T>(item: Codec<T>): Codec<readonly T[] | null> {
  return {
    read(from) {
      const length = int32.read(from);
      if (length === -1) return null;
      from.expectItems(length);
      const items: T[] = [];
      while (items.length < length) items.push(item.read(from));
      return items;
    },
    write(to, value) {
      int32.write(to, value?.length ?? -1);
      for (const element of value ?? []) item.write(to, element);
    },
  };
}

export function array<T>(item: Codec<T>): Codec<readonly T[]> {
  return required(nullableArray(item));
}

export type Fields = Readonly<Record<string, Codec<unknown>>>;
export type Struct<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> };

/** Fields one after the other, in the order of the literal. */
export function struct<F extends Fields>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields) as readonly (readonly [keyof F, Codec<unknown>])[];
  return {
    read: (from) => Object.fromEntries(entries.map(([name, codec]) => [name, codec.read(from)])) as Struct<F>,
    write(to, value) {
      for (const [name, codec] of entries) codec.write(to, value[name]);
    },
  };
}

/** An array of structs. */
export function list<F extends Fields>(fields: F): Codec<readonly Struct<F>[]> {
  return array(struct(fields));
}

/** Several fields of one kind, to be spread into a struct. */
export function each<K extends string, T>(codec: Codec<T>, ...names: readonly K[]): Readonly<Record<K, Codec<T>>> {
  return Object.fromEntries(names.map((name) => [name, codec])) as Record<K, Codec<T>>;
}

/** Topics with something about each of their partitions: nearly half of all messages hold that. */
export function byPartition<F extends Fields>(fields: F) {
  return list({ name: string, partitions: list(fields) });
}

/** Answers each partition of each topic. */
export function mapPartitions<P, A>(
  topics: readonly { readonly name: string; readonly partitions: readonly P[] }[],
  answer: (topic: string, partition: P) => A,
): readonly { readonly name: string; readonly partitions: readonly A[] }[] {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => answer(name, partition)),
  }));
}
