// One definition of a rate gives its value, its label and its SQL.
import { evaluateRate, pooledRate, pooledSql, quoteIdentifier, rateLabel } from "@tidemark/metrics";
import { conversionRate } from "@tidemark/socmed";

const rows = [
  { Visitors: 835, Conversion: 364 },
  { Visitors: 0, Conversion: 0 },
  { Visitors: 100, Conversion: 10 },
];

console.log(rateLabel(conversionRate));
for (const row of rows) console.log(evaluateRate(conversionRate, row));

// Pooled: the ratio of the sums, not the mean of the ratios.
const sums = { Visitors: 935, Conversion: 374 };
console.log(pooledRate(conversionRate, sums));
console.log(pooledSql(conversionRate, (field) => quoteIdentifier(field.toLowerCase())));
