export { DefinitionError } from "./errors.js";
export { addRate, emptyRateSum, meanRate, pooledRate, type RateSum } from "./mean.js";
export { defineRate, evaluateRate, rateLabel, type FieldValues, type RateDefinition } from "./rate.js";
export {
  meanSql,
  nullCountSql,
  pooledSql,
  quoteIdentifier,
  rateCountColumn,
  rateSql,
  rateSumColumn,
  type ColumnSql,
} from "./sql.js";
export {
  countViolations,
  defineViolation,
  isViolation,
  violationCountSql,
  violationSql,
  type ViolationDefinition,
} from "./violation.js";
export { wilsonInterval, wilsonSql, type Interval } from "./wilson.js";
