import type { CheckpointLedger } from "@tidemark/sinks";

export const EMPTY_LEDGER: CheckpointLedger = {
  read: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  rejected: 0,
  refused: 0,
  skipped: 0,
  lost: 0,
};

const parts = Object.keys(EMPTY_LEDGER) as readonly (keyof CheckpointLedger)[];

export function addLedgers(a: CheckpointLedger, b: CheckpointLedger): CheckpointLedger {
  return Object.fromEntries(parts.map((part) => [part, a[part] + b[part]])) as unknown as CheckpointLedger;
}
