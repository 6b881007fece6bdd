import { expectTypeOf, test } from "vitest";
import {
  counterFields,
  decode,
  encode,
  eventFields,
  rejectionReasons,
  type CounterField,
  type Decoded,
  type EventField,
  type Rejection,
  type RejectionReason,
  type SocmedEvent,
} from "@tidemark/schema";

// Checked by the type check, not at run time.
test("the public types are the contract", () => {
  expectTypeOf<SocmedEvent>().toEqualTypeOf<{
    ID: string;
    Kota: string;
    Sosial_Media: string;
    Usage_Count: number;
    Sales: number;
    Visitors: number;
    PageVisitors: number;
    Conversion: number;
    Ts: number;
  }>();
  expectTypeOf<CounterField>().toEqualTypeOf<"Usage_Count" | "Sales" | "Visitors" | "PageVisitors" | "Conversion">();
  expectTypeOf(counterFields).items.toEqualTypeOf<CounterField>();
  expectTypeOf(eventFields).items.toEqualTypeOf<EventField>();
  expectTypeOf<EventField>().toEqualTypeOf<keyof SocmedEvent>();
  expectTypeOf(encode).toEqualTypeOf<(event: SocmedEvent) => Uint8Array>();
  expectTypeOf(decode).toEqualTypeOf<(bytes: Uint8Array | null) => Decoded<SocmedEvent>>();
  expectTypeOf(rejectionReasons).items.toEqualTypeOf<RejectionReason>();
  expectTypeOf<"not-utf8">().toExtend<RejectionReason>();
  expectTypeOf<"other">().not.toExtend<RejectionReason>();
});

test("ok tells an event from a rejection", () => {
  expectTypeOf<Extract<Decoded<SocmedEvent>, { ok: true }>["event"]>().toEqualTypeOf<SocmedEvent>();
  expectTypeOf<Extract<Decoded<SocmedEvent>, { ok: false }>["rejection"]>().toEqualTypeOf<Rejection>();
  expectTypeOf<Rejection["field"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Rejection["bytes"]>().toEqualTypeOf<Uint8Array | null>();
});
