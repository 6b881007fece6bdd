import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  defineEvent,
  int64,
  rejectionReasons,
  text,
  time,
  type Decoded,
  type Decoder,
  type EventCodec,
  type Field,
  type Rejection,
  type RejectionReason,
} from "@tidemark/schema";

const schema = z.object({
  orderNo: text(),
  cents: z.int(),
  serial: int64(),
  coupon: z.string().optional(),
  placedAt: time("s"),
});
const orders = defineEvent(schema, { time: { field: "placedAt", unit: "s" } });

interface Order {
  orderNo: string;
  cents: number;
  serial: bigint;
  coupon?: string | undefined;
  placedAt: number;
}

// Checked by the type check, not at run time.
test("the event's type follows from the zod object", () => {
  expectTypeOf(orders).toEqualTypeOf<EventCodec<z.output<typeof schema>>>();
  expectTypeOf(orders.encode).parameter(0).toEqualTypeOf<Order>();
  expectTypeOf(orders.decode).returns.toEqualTypeOf<Decoded<z.output<typeof schema>>>();
  expectTypeOf(orders.fields).items.toEqualTypeOf<Field>();
  expectTypeOf<Decoder<Order>>().toEqualTypeOf<(bytes: Uint8Array | null) => Decoded<Order>>();
});

test("a time names a field of the event, and a decoder gives its type", () => {
  // @ts-expect-error "placed" is not assignable to the names of the event's fields.
  expectTypeOf(() => defineEvent(schema, { time: { field: "placed", unit: "s" } })).toBeFunction();
  // @ts-expect-error "min" is no unit.
  expectTypeOf(() => defineEvent(schema, { time: { field: "placedAt", unit: "min" } })).toBeFunction();
  // @ts-expect-error A decoder of another event.
  expectTypeOf(() => defineEvent(schema, { decoder: () => ({ ok: true, event: { cents: 1 } }) })).toBeFunction();
  // @ts-expect-error An event is an object.
  expectTypeOf(() => defineEvent(z.array(z.string()))).toBeFunction();
});

test("ok tells an event from a rejection, which has one of the reasons", () => {
  expectTypeOf<Extract<Decoded<Order>, { ok: true }>["event"]>().toEqualTypeOf<Order>();
  expectTypeOf<Extract<Decoded<Order>, { ok: false }>["rejection"]>().toEqualTypeOf<Rejection>();
  expectTypeOf<Rejection["field"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Rejection["bytes"]>().toEqualTypeOf<Uint8Array | null>();
  expectTypeOf(rejectionReasons).items.toEqualTypeOf<RejectionReason>();
  expectTypeOf<"not-utf8">().toExtend<RejectionReason>();
  expectTypeOf<"other">().not.toExtend<RejectionReason>();
});
