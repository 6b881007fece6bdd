import type { Verdict } from "./ledger.js";
import type { LateNote, PartlyLateNote, QuarantineNote, RejectNote } from "./notes.js";
import type { StepResult } from "./task.js";

/** What became of a batch, in the making. */
export interface BatchResult extends StepResult {
  readonly late: LateNote[];
  readonly partlyLate: PartlyLateNote[];
  readonly quarantined: QuarantineNote[];
  readonly rejected: RejectNote[];
  readonly duplicates: number[];
  readonly copies: number[];
  leader: number;
}

/**
 * The result of a batch of so many events, before any was judged. It holds notes of those that do not simply count, so that one
 * that does costs nothing here; verdicts are put together when they are first asked for.
 */
export function createBatchResult(read: number, watermarksMs?: Float64Array): BatchResult {
  let verdicts: readonly Verdict[] | undefined;
  const result: BatchResult = {
    read,
    get verdicts() {
      return (verdicts ??= listVerdicts(result));
    },
    late: [],
    partlyLate: [],
    quarantined: [],
    rejected: [],
    duplicates: [],
    copies: [],
    leader: -1,
    ...(watermarksMs && { watermarksMs }),
  };
  return result;
}

function listVerdicts({ read, late, quarantined, rejected, duplicates }: BatchResult): Verdict[] {
  const verdicts = Array.from({ length: read }, (): Verdict => "counted");
  for (const { index } of late) verdicts[index] = "late";
  for (const { index } of quarantined) verdicts[index] = "quarantined";
  for (const { index } of rejected) verdicts[index] = "rejected";
  for (const index of duplicates) verdicts[index] = "duplicate";
  return verdicts;
}
