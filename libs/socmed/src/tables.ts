/** The flagship's tables, as Drizzle tables. */
export {
  socmed1h,
  socmed1hTotal,
  socmed1m,
  socmed1mTotal,
  socmed5s,
  socmed5sTotal,
  socmedLate,
  socmedRejected,
  socmedRollups,
  socmedUserSales,
  socmedVerdicts1h,
  socmedVerdicts1m,
  socmedVerdictTallies,
} from "@tidemark/sinks/tables";
