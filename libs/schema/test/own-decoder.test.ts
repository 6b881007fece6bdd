import { expect, test } from "vitest";
import { z } from "zod";
import { defineEvent, rejectionReasons, text, type Decoded } from "@tidemark/schema";

interface Order {
  shop: string;
  cents: number;
  serial: bigint;
}

const schema = z.object({ shop: text({ max: 9 }), cents: z.int32(), serial: z.bigint() });
const bytes = Uint8Array.of(0, 0, 0, 0, 7, 1);
const order: Order = { shop: "Corner", cents: 5, serial: 2n ** 60n };

function decodedBy(decoder: () => unknown): Decoded<Order> {
  return defineEvent(schema, { decoder: decoder as () => Decoded<Order> }).decode(bytes);
}

test("a decoder's event is taken, its keys in wire order and no others", () => {
  const decoded = decodedBy(() => ({
    ok: true,
    event: { more: 1, ...Object.fromEntries(Object.entries(order).toReversed()) },
  }));
  expect(decoded).toStrictEqual({ ok: true, event: order });
  expect(Object.keys((decoded as { event: Order }).event)).toEqual(["shop", "cents", "serial"]);
});

test("an event that Postgres can't store is rejected with the field", () => {
  const wrong: readonly (readonly [string, string, object])[] = [
    ["invalid-text", "shop", { shop: "a\0" }],
    ["out-of-range", "cents", { cents: 2 ** 31 }],
    ["out-of-range", "serial", { serial: 2n ** 63n }],
    ["missing-field", "cents", { cents: undefined }],
  ];
  for (const [reason, field, changes] of wrong) {
    const decoded = decodedBy(() => ({ ok: true, event: { ...order, ...changes } }));
    expect(decoded).toMatchObject({ ok: false, rejection: { reason, field, bytes } });
  }
});

test("a decoder that throws, or gives something else, is a rejection for the reason invalid", () => {
  const decoders: (() => unknown)[] = [
    () => {
      throw new Error("unknown schema 7\0");
    },
    () => undefined,
    () => order,
    () => ({ ok: true, event: null }),
    () => ({ ok: true, event: [order] }),
    () => ({ ok: false }),
    () => ({ ok: false, rejection: { reason: "because" } }),
  ];
  for (const decoder of decoders)
    expect(decodedBy(decoder)).toMatchObject({ ok: false, rejection: { reason: "invalid", bytes } });
  expect(decodedBy(decoders[0] as () => unknown)).toMatchObject({
    rejection: { received: "Error: unknown schema 7\\u0000" },
  });
});

test("a rejection of the decoder is kept, in words that Postgres takes", () => {
  const rejection = {
    reason: "not-allowed",
    field: "shop",
    expected: "a shop\0",
    received: "x".repeat(500),
    bytes: null,
  };
  const decoded = decodedBy(() => ({ ok: false, rejection }));
  expect(decoded).toMatchObject({
    rejection: { reason: "not-allowed", field: "shop", expected: "a shop\\u0000", bytes },
  });
  expect(decoded.ok ? "" : decoded.rejection.received).toHaveLength(120);
  expect(rejectionReasons).toContain("not-allowed");
});

test("the decoder makes the event unportable, and gets tombstones but no values above the limit", () => {
  const seen: (Uint8Array | null)[] = [];
  const codec = defineEvent(schema, {
    decoder(value) {
      seen.push(value);
      return { ok: true, event: order };
    },
  });
  expect(codec.unportable).toEqual({ field: null, reason: "a decoder of its own" });
  expect(codec.decode(null)).toEqual({ ok: true, event: order });
  expect(codec.decode(new Uint8Array(70_000))).toMatchObject({ rejection: { reason: "too-large" } });
  expect(seen).toEqual([null]);
});
