import { defineRate, defineViolation } from "@tidemark/metrics";

/** Conversion / Visitors * 100. Fields are the wire keys of a social media event. */
export const conversionRate = defineRate({
  name: "conversion_rate",
  title: "Conversion rate",
  numerator: "Conversion",
  denominator: "Visitors",
  scale: 100,
  unit: "percent",
});

/** PageVisitors / Visitors * 100: the visitors who left after one page. */
export const bounceRate = defineRate({
  name: "bounce_rate",
  title: "Bounce rate",
  numerator: "PageVisitors",
  denominator: "Visitors",
  scale: 100,
  unit: "percent",
});

/** The rates of a social media event, in the order of their columns. */
export const socmedRates = [conversionRate, bounceRate] as const;

/** More visitors who left after one page than visitors. */
export const pageVisitorsAboveVisitors = defineViolation({
  name: "page_visitors_above_visitors",
  title: "Page visitors above visitors",
  part: "PageVisitors",
  whole: "Visitors",
});

/** More conversions than visitors. */
export const conversionAboveVisitors = defineViolation({
  name: "conversion_above_visitors",
  title: "Conversions above visitors",
  part: "Conversion",
  whole: "Visitors",
});

/** What a social media event can violate. */
export const socmedViolations = [pageVisitorsAboveVisitors, conversionAboveVisitors] as const;
