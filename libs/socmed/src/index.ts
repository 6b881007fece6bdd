export {
  bounceRate,
  conversionAboveVisitors,
  conversionRate,
  pageVisitorsAboveVisitors,
  socmedRates,
  socmedViolations,
} from "./rates.js";
