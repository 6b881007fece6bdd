/**
 * Advisory locks of this schema: any constants will do, but all who take part must agree on them. `tidemark.make_day` has one of
 * its own, 7415063; `tidemark.drop_days` takes `RETENTION_LOCK`.
 */
export const MIGRATION_LOCK = 7_415_062;
export const RETENTION_LOCK = 7_415_064;
export const FIRST_CLAIM_LOCK = 7_415_065;
/** The first of two keys; the second is the hash of pipeline and topic. */
export const IDS_LOCK = 7_415_066;
/** Likewise: held by who merges closed windows, and by who takes partitions out of the tables. */
export const MERGE_LOCK = 7_415_067;
