export { MAX_NAME_LENGTH, MAX_TS, socmedEvent, socmedSchema, type CounterField, type SocmedEvent } from "./event.js";
export {
  bounceRate,
  conversionAboveVisitors,
  conversionRate,
  pageVisitorsAboveVisitors,
  socmedRates,
  socmedViolations,
} from "./rates.js";
export { socmed } from "./pipeline.js";
