import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSink, type Sink } from "../../src/index.js";
import { identity } from "./partition-writer.js";

// A buffer needs no connection.
let sink: Sink;
beforeAll(() => {
  sink = createSink({ ...identity, databaseUrl: "postgresql://nobody@localhost:1/none" });
});
afterAll(() => sink.close());

const dayS = 86_400;
const rowAt = (offset: number, day: number, note: string) => ({
  orderId: "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
  shop: "Aarhus",
  channel: 1,
  cents: 100,
  items: 1,
  note,
  placedAt: 1_700_000_000 + day * dayS,
  price: 100,
  offset,
});
const rows = (many: number, day: (at: number) => number, note = "") =>
  Array.from({ length: many }, (_, at) => rowAt(at, day(at), note));

describe("a row buffer", () => {
  it("is not full with ten thousand rows of the usual size in one day", () => {
    const buffer = sink.openBuffer(0);
    buffer.add({ rows: rows(10_000, () => 0) });
    expect(buffer.isFull).toBe(false);
  });

  it("is full with rows of 100 days: one transaction cannot lock any number of partitions", () => {
    const buffer = sink.openBuffer(0);
    buffer.add({ rows: rows(99, (at) => at) });
    expect(buffer.isFull).toBe(false);
    buffer.add({ rows: rows(1, () => 99) });
    expect(buffer.isFull).toBe(true);
  });

  it("is full with 8 MiB, in whichever table the rows lie", () => {
    const note = "x".repeat(100_000);
    const rejection = {
      bytes: Buffer.alloc(100_000),
      reason: "not-json",
      field: null,
      expected: "",
      received: "",
      watermark: null,
    };
    const buffer = sink.openBuffer(0);
    buffer.add({ rows: rows(40, () => 0, note) });
    expect(buffer.isFull).toBe(false);
    buffer.add({ rows: [], rejected: Array.from({ length: 45 }, (_, at) => ({ ...rejection, offset: 40 + at })) });
    expect(buffer.isFull).toBe(true);
  });
});
