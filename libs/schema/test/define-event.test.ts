import { expect, test } from "vitest";
import { z } from "zod";
import {
  count,
  decimal,
  defineEvent,
  int64,
  rejectionReasons,
  text,
  time,
  uuid,
  type RejectionReason,
} from "@tidemark/schema";
import { json, utf8 } from "./odd-values.js";

const orders = defineEvent(
  z.object({
    orderNo: uuid(),
    shop: text({ max: 20 }),
    code: z
      .string()
      .min(2)
      .regex(/^[A-Z]/),
    cents: count(),
    serial: int64(),
    price: decimal({ precision: 5, scale: 2 }),
    state: z.enum(["open", "paid"]).default("open"),
    weight: z.number().positive().nullable(),
    tags: z.array(z.string()).optional(),
    more: z.unknown(),
    voucher: z
      .string()
      .refine((voucher) => voucher !== "used", "a fresh voucher")
      .optional(),
    placedAt: time("s"),
  }),
  { time: { field: "placedAt", unit: "s" } },
);

const order = {
  orderNo: "352ed520-03fb-4933-9d2f-38019883650d",
  shop: "Corner",
  code: "A1",
  cents: 1250,
  serial: "9007199254740993",
  price: "12.50",
  state: "paid",
  weight: 0.5,
  tags: ["gift"],
  more: { note: null },
  placedAt: 1_706_981_205,
};

const event = { ...order, serial: 9_007_199_254_740_993n };

test("an event comes back as it was encoded, its keys in wire order", () => {
  const decoded = orders.decode(orders.encode(event as Parameters<typeof orders.encode>[0]));
  expect(decoded).toStrictEqual({ ok: true, event });
  expect(new TextDecoder().decode(orders.encode(event as Parameters<typeof orders.encode>[0]))).toBe(
    JSON.stringify(order),
  );
});

test("values are cleaned, a default stands for a missing key, and a missing optional key is no property", () => {
  const { state: _state, tags: _tags, ...rest } = order;
  const wire = { ...rest, orderNo: order.orderNo.toUpperCase(), shop: "\u00a0Corner\n", cents: -0, weight: null, x: 1 };
  const decoded = orders.decode(json(wire));
  const { tags: _none, ...left } = event;
  expect(decoded).toStrictEqual({ ok: true, event: { ...left, state: "open", cents: 0, weight: null } });
});

const wrong: readonly (readonly [RejectionReason, string, object])[] = [
  ["missing-field", "shop", { shop: undefined }],
  ["wrong-type", "cents", { cents: "5" }],
  ["not-a-uuid", "orderNo", { orderNo: "5" }],
  ["empty", "shop", { shop: " " }],
  ["too-short", "code", { code: "A" }],
  ["too-long", "shop", { shop: "a".repeat(21) }],
  ["invalid-text", "tags", { tags: ["a\0"] }],
  ["invalid-text", "more", { more: [{ "\ud800": 1 }] }],
  ["invalid-format", "code", { code: "a1" }],
  ["not-allowed", "state", { state: "gone" }],
  ["not-an-integer", "cents", { cents: 0.5 }],
  ["out-of-range", "weight", { weight: 0 }],
  ["out-of-range", "serial", { serial: "9223372036854775808" }],
  ["looks-like-milliseconds", "placedAt", { placedAt: 1_706_981_205_000 }],
  ["looks-like-microseconds", "placedAt", { placedAt: 1_706_981_205_000_000 }],
  ["looks-like-iso-text", "placedAt", { placedAt: "2024-02-03T17:26:45Z" }],
  ["too-many-digits", "price", { price: "1.125" }],
  ["invalid", "voucher", { voucher: "used" }],
];

test.each(wrong)("refuses %s in %s", (reason, field, changes) => {
  expect(orders.decode(json({ ...order, ...changes }))).toMatchObject({ ok: false, rejection: { reason, field } });
});

const wrongValues: readonly (readonly [RejectionReason, Uint8Array | null])[] = [
  ["tombstone", null],
  ["too-large", new Uint8Array(65_537)],
  ["schema-registry-prefix", Uint8Array.of(0, 0, 0, 0, 42, ...json(order))],
  ["byte-order-mark", utf8("\ufeff{}")],
  ["not-utf8", Uint8Array.of(0x22, 0xe9, 0x22)],
  ["not-json", Uint8Array.of(0, 0, 0, 0)],
  ["not-an-object", json([order])],
];

test.each(wrongValues)("refuses a value as a whole: %s", (reason, bytes) => {
  expect(orders.decode(bytes)).toMatchObject({ ok: false, rejection: { reason, field: null, bytes } });
});

test("the cases above reach every reason", () => {
  const reached = [...wrong, ...wrongValues].map(([reason]) => reason);
  expect(new Set(reached)).toEqual(new Set(rejectionReasons));
});

test("of several wrong fields it names the first in wire order", () => {
  const keys = Object.keys(order);
  const required = keys.filter((key) => key !== "state" && key !== "more" && key !== "weight" && key !== "tags");
  for (const [index, field] of required.entries()) {
    const broken = Object.fromEntries(required.slice(index).map((key) => [key, null]));
    const bytes = json(Object.fromEntries(Object.entries({ ...order, ...broken }).toReversed()));
    expect(orders.decode(bytes)).toMatchObject({ ok: false, rejection: { reason: "wrong-type", field } });
  }
});
