import type { OperatorDefinition, OperatorInput } from "../../src/index.js";
import { movesTo, type Reading } from "./naive-model.js";
import { minimumAfter, type WatermarkInput } from "./naive-watermarks.js";
import type { Visit } from "./visit.js";

export interface AfterInput {
  /** Of the events, so many came up to here. */
  readonly read: number;
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
}

export interface OverallStream {
  /** The events of all sources, each with the overall watermark before it. */
  readonly readings: readonly Reading[];
  readonly after: readonly AfterInput[];
}

/** What the sources of an operator come to as one stream, judged by the overall watermark. */
export function readOverall(
  definition: OperatorDefinition<Visit>,
  inputs: readonly OperatorInput<Visit>[],
): OverallStream {
  const { sources, watermarkDelayMs: delayMs, initialWatermarkMs = -Infinity } = definition;
  const rules = { delayMs, initialWatermarkMs, ...sources };
  const readings: Reading[] = [];
  const history: WatermarkInput[] = [];
  const after: AfterInput[] = [];
  let watermarkMs = initialWatermarkMs;
  const hear = (input: WatermarkInput): void => {
    history.push(input);
    watermarkMs = Math.max(watermarkMs, minimumAfter(rules, history));
  };

  for (const input of inputs) {
    const now = "nowMs" in input && input.nowMs !== undefined ? { nowMs: input.nowMs } : {};
    switch (input.kind) {
      case "events":
        hear({ kind: "active", source: input.source, ...now });
        for (const [at, event] of input.events.entries()) {
          const reading = { event, arrivalMs: input.arrivalsMs?.[at] ?? -1, watermarkMs };
          readings.push(reading);
          const eventTimeMs = movesTo(definition, reading);
          if (eventTimeMs > -Infinity) hear({ kind: "observe", source: input.source, eventTimeMs, ...now });
        }
        break;
      case "watermark":
        hear({ kind: "advance", source: input.source, watermarkMs: input.watermarkMs, ...now });
        break;
      case "add-source":
        hear({ kind: "add", source: input.source, ...now });
        break;
      case "remove-source":
        hear({ kind: "remove", source: input.source });
        break;
      case "idle":
      case "tick":
        hear(input);
        break;
      case "active":
        hear({ kind: "active", source: input.source, ...now });
        break;
      case "end":
        watermarkMs = Infinity;
    }
    const maxEventTimeMs = Math.max(...readings.map((reading) => movesTo(definition, reading)), -Infinity);
    after.push({ read: readings.length, watermarkMs, maxEventTimeMs });
  }
  return { readings, after };
}
