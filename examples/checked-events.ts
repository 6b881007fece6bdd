// decode never throws: bytes are an event, or a rejection that says why.
import { decode, encode } from "@tidemark/schema";

const event = {
  ID: "352ED520-03fb-4933-9d2f-38019883650d",
  Kota: " Bekasi ",
  Sosial_Media: "Instagram",
  Usage_Count: 849,
  Sales: 68,
  Visitors: 835,
  PageVisitors: 161,
  Conversion: 364,
  Ts: 1_706_981_205,
};

for (const given of [event, { ...event, Sales: "68" }, { ...event, Ts: event.Ts * 1000 }]) {
  const decoded = decode(encode(given as typeof event));
  if (decoded.ok) console.log("event", decoded.event.ID, decoded.event.Kota);
  else console.log(decoded.rejection.reason, decoded.rejection.field, "-", decoded.rejection.expected);
}
