import type { SocmedEvent } from "./event.js";
import { bytesOf } from "./utf8.js";

/** The event as JSON in UTF-8, keys in wire order, no white space. It checks nothing: `decode` does. */
export function encode(event: SocmedEvent): Uint8Array {
  return bytesOf(
    JSON.stringify({
      ID: event.ID,
      Kota: event.Kota,
      Sosial_Media: event.Sosial_Media,
      Usage_Count: event.Usage_Count,
      Sales: event.Sales,
      Visitors: event.Visitors,
      PageVisitors: event.PageVisitors,
      Conversion: event.Conversion,
      Ts: event.Ts,
    }),
  );
}
