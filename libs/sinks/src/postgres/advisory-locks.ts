/**
 * Advisory locks of this schema: any constants will do, but all who take part must agree on them. `tidemark.make_day` has one of
 * its own, 7415063; `tidemark.drop_days` takes `retentionLock`.
 */
export const migrationLock = 7_415_062;
export const retentionLock = 7_415_064;
export const firstClaimLock = 7_415_065;
