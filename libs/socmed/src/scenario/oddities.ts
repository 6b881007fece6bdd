import type { SocmedEvent } from "../event.js";

/** The faults of this stream alone: events that are valid and strange. `occurrence` counts those of a kind from 0 on. */
export const oddities = {
  zeroVisitors: (event: SocmedEvent): SocmedEvent => ({
    ...event,
    Visitors: 0,
    PageVisitors: 0,
    Conversion: 0,
    Sales: 0,
  }),
  implausible: makeImplausible,
};

/** Alternately more page visitors, and more conversions, than visitors. */
function makeImplausible(event: SocmedEvent, occurrence: number): SocmedEvent {
  // Half, so that one more fits into the counter too.
  const Visitors = Math.floor(event.Visitors / 2);
  const tooMany = Visitors + 1 + (event.Usage_Count % (Visitors + 1));
  return occurrence % 2 === 0
    ? { ...event, Visitors, PageVisitors: tooMany, Conversion: Math.min(event.Conversion, Visitors) }
    : { ...event, Visitors, PageVisitors: Math.min(event.PageVisitors, Visitors), Conversion: tooMany };
}
