import { ledgerDoesNotAddUp } from "./errors.js";

/** What became of a record. Judged in the order rejected, quarantined, late, duplicate, counted: the first that applies; one that would be counted is rejected by a limit of keys. */
export type Verdict = "counted" | "duplicate" | "late" | "quarantined" | "rejected";

/** How many records got which verdict. Invariant: read = counted + duplicate + late + quarantined + rejected. */
export interface Ledger {
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
}

/** An empty ledger, or one that begins with the given figures. */
export function createLedger(from: Partial<Ledger> = {}): Ledger {
  return { read: 0, counted: 0, duplicate: 0, late: 0, quarantined: 0, rejected: 0, ...from };
}

/** The sum of two ledgers, part by part. */
export function addLedgers(left: Ledger, right: Ledger): Ledger {
  return {
    read: left.read + right.read,
    counted: left.counted + right.counted,
    duplicate: left.duplicate + right.duplicate,
    late: left.late + right.late,
    quarantined: left.quarantined + right.quarantined,
    rejected: left.rejected + right.rejected,
  };
}

/** Returns the ledger. Throws `bad-ledger` if it does not add up, or has a part that is no integer >= 0. */
export function checkLedger(ledger: Ledger): Ledger {
  const { read, counted, duplicate, late, quarantined, rejected } = ledger;
  const parts = [counted, duplicate, late, quarantined, rejected];
  const whole = [read, ...parts].every((part) => Number.isSafeInteger(part) && part >= 0);
  if (!whole || read !== parts.reduce((sum, part) => sum + part, 0)) throw ledgerDoesNotAddUp(ledger);
  return ledger;
}
