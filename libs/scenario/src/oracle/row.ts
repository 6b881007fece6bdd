import type { SocmedEvent } from "@tidemark/schema";

/** An event with its rates in percent; null where it has no visitors. */
export interface OracleRow extends SocmedEvent {
  /** Conversion / Visitors * 100, in that order, in IEEE double. */
  readonly conversion_rate: number | null;
  /** PageVisitors / Visitors * 100, likewise. */
  readonly bounce_rate: number | null;
}

/** The event and its rates. */
export function rowOf(event: SocmedEvent): OracleRow {
  const { ID, Kota, Sosial_Media, Usage_Count, Sales, Visitors, PageVisitors, Conversion, Ts } = event;
  // Spelt out: spreading the event takes longer than all the rest that is done with it.
  return {
    ID,
    Kota,
    Sosial_Media,
    Usage_Count,
    Sales,
    Visitors,
    PageVisitors,
    Conversion,
    Ts,
    conversion_rate: Visitors === 0 ? null : (Conversion / Visitors) * 100,
    bounce_rate: Visitors === 0 ? null : (PageVisitors / Visitors) * 100,
  };
}
