import { evaluateRate } from "@tidemark/metrics";
import { bounceRate, conversionRate, type SocmedEvent } from "@tidemark/socmed";

/** An event with its rates (percent; null with no visitors) and its offset: a row of `socmed_user_sales`. */
export interface EventRow extends SocmedEvent {
  readonly conversion_rate: number | null;
  readonly bounce_rate: number | null;
  readonly offset: number;
}

// Written out rather than spread: this runs once per event.
export function enrich(event: SocmedEvent, offset: number): EventRow {
  return {
    ID: event.ID,
    Kota: event.Kota,
    Sosial_Media: event.Sosial_Media,
    Usage_Count: event.Usage_Count,
    Sales: event.Sales,
    Visitors: event.Visitors,
    PageVisitors: event.PageVisitors,
    Conversion: event.Conversion,
    Ts: event.Ts,
    conversion_rate: evaluateRate(conversionRate, event),
    bounce_rate: evaluateRate(bounceRate, event),
    offset,
  };
}
