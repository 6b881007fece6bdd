import type { Edit } from "@tidemark/pipeline-copy";
import { figures, rateSums, wrong, wrongCoarser, wrongOutcomes, wrongRollups } from "./kinds-of-difference.js";
import type { ExpectedFindings } from "./model.js";

/** A mistake within a function, where no part of the pipeline can be wrapped: the source text of a copy is changed. */
export interface SourceFault extends Edit, ExpectedFindings {}

export const sourceFaults: readonly SourceFault[] = [
  {
    name: "a doubled event: a window begins with its first event, which is then added to it",
    file: "libs/windowing/src/fixed-table.ts",
    find: "row = this.#rowOfNew(pane, key, reader.keys);",
    replace: `row = this.#rowOfNew(pane, key, reader.keys);
      this.#accumulators.add(row, reader, event);`,
    finds: wrongRollups(figures),
    inModel: { firstCounts: 2 },
  },
  {
    name: "an event off by a window: minute and hour are told by the end of the base window",
    file: "libs/windowing/src/fixed-windowing.ts",
    find: "windowIndex(reader.timeMs, table.slideMs, table.offsetMs)",
    replace: "windowIndex((last + 1) * this.#base.sizeMs, table.slideMs, table.offsetMs)",
    finds: ["socmed_1m missing-row", "socmed_1m unexpected-row", ...wrongCoarser],
    inModel: {
      windowStart(timeMs, sizeMs) {
        const isLast = sizeMs > 5_000 && timeMs % sizeMs >= sizeMs - 5_000;
        return timeMs - (timeMs % sizeMs) + (isLast ? sizeMs : 0);
      },
    },
  },
  {
    name: "a rate from rounded numbers: of a fraction with four digits",
    file: "libs/metrics/src/rate.ts",
    find: "(row[rate.numerator] / denominator) * rate.scale",
    replace: "Number((row[rate.numerator] / denominator).toFixed(4)) * rate.scale",
    finds: [
      ...wrong("socmed_user_sales", ["conversion_rate", "bounce_rate"]),
      ...wrong("socmed_late", ["conversion_rate", "bounce_rate"]),
      ...wrongRollups(rateSums),
    ],
    inModel: { rate: (part, whole) => (whole === 0 ? null : Number((part / whole).toFixed(4)) * 100) },
  },
  {
    name: "a bucket of lateness off by one ms: its upper bound lies within it",
    file: "libs/pipeline/src/outcome-counter.ts",
    find: "missedByMs < belowMs",
    replace: "missedByMs <= belowMs",
    finds: ["socmed_verdicts_1m unexpected-row", ...wrongOutcomes],
    inModel: { isBelow: (missedByMs, limitMs) => missedByMs <= limitMs },
  },
];
