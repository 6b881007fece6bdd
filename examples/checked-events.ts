// decode never throws: bytes are an event, or a rejection that says why.
import { count, defineEvent, text, time, uuid } from "@tidemark/schema";
import { z } from "zod";

const orders = defineEvent(
  z.object({ orderNo: uuid(), shop: text({ max: 100 }), cents: count(), placedAt: time("s") }),
  { time: { field: "placedAt", unit: "s" } },
);

const order = {
  orderNo: "352ED520-03fb-4933-9d2f-38019883650d",
  shop: " Corner ",
  cents: 1250,
  placedAt: 1_706_981_205,
};

for (const given of [order, { ...order, cents: "1250" }, { ...order, placedAt: order.placedAt * 1000 }]) {
  const decoded = orders.decode(new TextEncoder().encode(JSON.stringify(given)));
  if (decoded.ok) console.log("event", decoded.event.orderNo, decoded.event.shop);
  else console.log(decoded.rejection.reason, decoded.rejection.field, "-", decoded.rejection.expected);
}
