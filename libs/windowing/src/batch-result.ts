import type { Ledger, Verdict } from "./ledger.js";
import type { LateNote, PartlyLateNote, QuarantineNote, RejectNote, StepResult } from "./task.js";

/** What became of a batch: notes of the events that did not simply count, so that one that did costs nothing here. */
export class BatchResult implements StepResult {
  readonly read: number;
  readonly late: LateNote[] = [];
  readonly partlyLate: PartlyLateNote[] = [];
  readonly quarantined: QuarantineNote[] = [];
  readonly rejected: RejectNote[] = [];
  readonly duplicates: number[] = [];
  #verdicts: Verdict[] | undefined;

  constructor(read: number) {
    this.read = read;
  }

  get verdicts(): readonly Verdict[] {
    return (this.#verdicts ??= this.#listVerdicts());
  }

  /** How many events got each verdict but `counted`. */
  get others(): Omit<Ledger, "read" | "counted"> {
    return {
      duplicate: this.duplicates.length,
      late: this.late.length,
      quarantined: this.quarantined.length,
      rejected: this.rejected.length,
    };
  }

  #listVerdicts(): Verdict[] {
    const verdicts = Array.from({ length: this.read }, (): Verdict => "counted");
    for (const { index } of this.late) verdicts[index] = "late";
    for (const { index } of this.quarantined) verdicts[index] = "quarantined";
    for (const { index } of this.rejected) verdicts[index] = "rejected";
    for (const index of this.duplicates) verdicts[index] = "duplicate";
    return verdicts;
  }
}
