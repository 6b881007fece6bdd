import type { View } from "@tidemark/panels";
import { byBytes, startOfPoint, valueOf, widthOfPoints, type AnswerRow, type Answers } from "./answer.js";
import { coarseResolutionOf, isPartOf, sizeMs, type Resolution } from "./resolution.js";
import type { VerdictRow, VerdictSize } from "./table-rows.js";

const lateTexts = ["under 1 s", "1 to 10 s", "10 s to 1 min", "1 to 10 min", "10 min to 1 h", "1 h or more"];

/** A burst has at least so many late records, and they are at least one in so many. */
const burst = { late: 10n, oneIn: 20n };

/** Adds up the verdicts of a view by their arrival, and says what each panel has to show of them. */
export class VerdictAnswers {
  readonly #view: View;
  readonly #resolution: Resolution;
  readonly #pointMs: number;
  readonly #points = new Map<number, Map<string, bigint>>();
  readonly #late = new Map<string, bigint>();
  readonly #reasons = new Map<string, bigint>();

  constructor(view: View) {
    this.#view = view;
    this.#resolution = coarseResolutionOf(view);
    this.#pointMs = widthOfPoints(sizeMs[this.#resolution.series], view.intervalMs);
  }

  take(size: VerdictSize, { startMs, verdict, detail, records }: VerdictRow): void {
    const { sums, series } = this.#resolution;
    if (isPartOf(this.#view, series, size, startMs)) {
      const point = startOfPoint(startMs, this.#pointMs);
      add(
        valueOf(this.#points, point, () => new Map<string, bigint>()),
        verdict,
        records,
      );
    }
    if (!isPartOf(this.#view, sums, size, startMs)) return;
    if (verdict === "late") add(this.#late, detail, records);
    if (verdict === "rejected" || verdict === "quarantined") add(this.#reasons, detail, records);
    if (verdict === "refused") add(this.#reasons, "refused", records);
  }

  answers(): Answers {
    const points = [...this.#points].sort(([a], [b]) => a - b);
    return {
      "ledger-over-time": points.flatMap(([time, verdicts]) =>
        [...verdicts]
          .sort(([a], [b]) => byBytes(a, b))
          .map(([metric, records]) => ({ time, metric, records: Number(records) })),
      ),
      "late-by-how-much":
        this.#late.size === 0
          ? []
          : lateTexts.map((text) => ({ missed_by: text, records: Number(this.#late.get(text) ?? 0n) })),
      "rejects-by-reason": [...this.#reasons]
        .sort(([a, ofA], [b, ofB]) => (ofA === ofB ? byBytes(a, b) : ofA > ofB ? -1 : 1))
        .map(([reason, records]) => ({ reason, records: Number(records) })),
      "annotation late-bursts": points.flatMap(([time, verdicts]) => this.#burstAt(time, verdicts)),
    };
  }

  #burstAt(time: number, verdicts: ReadonlyMap<string, bigint>): AnswerRow[] {
    const read = [...verdicts.values()].reduce((sum, records) => sum + records, 0n);
    const late = verdicts.get("late") ?? 0n;
    if (late < burst.late || late * burst.oneIn < read) return [];
    return [{ time, timeend: time + this.#pointMs, text: `${late} of ${read} records late`, tags: "late" }];
  }
}

function add(map: Map<string, bigint>, key: string, records: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + records);
}
