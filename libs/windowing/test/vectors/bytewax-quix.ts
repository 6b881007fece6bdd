import { createOperator, createWatermarks, type Operator, type OperatorDefinition } from "../../src/index.js";
import { inOrder } from "./answers.js";
import type { Fields, VectorTime } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { invalidConfig } from "./refusals.js";
import { sessionInclusiveGroup, windowAssign } from "./shared-kinds.js";
import type { Row } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface ClockStep {
  readonly op: string;
  readonly t?: number;
  readonly by?: number;
  readonly expect?: Fields;
}

/**
 * Bytewax's watermark moves on with the wall clock from each item's time. Ours has no clock: with times less the clock's it stands where
 * Bytewax's would at clock 0. Waiting for ever is a watermark that never comes; `MIN` and something is as early as `MIN`.
 */
const eventClockWall: Adapter = adapter<{ wait: VectorTime }, ClockStep>((run) => {
  const waitMs = run.ms(run.config.wait);
  const watermarks = createWatermarks({ delayMs: waitMs === Infinity ? "given" : waitMs });
  let clockMs = 0;
  let nowMs = 0;
  for (const [at, { op, t, by = 0, expect }] of run.steps) {
    if (op === "newBatch" || op === "notify") nowMs = Math.max(nowMs, clockMs);
    else if (op === "clock") clockMs += run.ms(by);
    else if (op === "item" && t !== undefined) watermarks.observe("items", run.ms(t) - nowMs);
    else throw unknownOperation(op);
    const wanted = String(expect?.["watermark"]);
    const expected = /^MIN\+\d+$/.test(wanted) ? { ...expect, watermark: "MIN" } : expect;
    run.expect(at, expected, { watermark: run.unit(watermarks.overallMs + nowMs) });
  }
});

export const bytewax: Readonly<Record<string, Adapter>> = {
  "event-clock-wall": eventClockWall,
  "session-inclusive-group": sessionInclusiveGroup,
  "window-assign": windowAssign,
  "invalid-config": invalidConfig,
};

interface ClosingConfig extends WindowConfig {
  readonly grace: number;
  readonly closing: "partition" | "key";
}

type ClosingStep = { readonly expect?: Fields } & (
  ({ readonly op: "event" } & KeyedEvent) | { readonly op: "restart" }
);

interface KeyedEvent {
  readonly key: string;
  readonly value: number;
  readonly t: number;
}

/** Sums as they grow, and once when their window has closed: by the time of the whole partition, or by that of each key alone. */
const keyedWindowSumClosing: Adapter = adapter<ClosingConfig, ClosingStep>((run) => {
  const { closing } = run.config;
  const definition: OperatorDefinition<KeyedEvent> = {
    time: { field: "t", unit: run.vector.timeUnit },
    watermarkDelayMs: run.ms(run.config.grace),
    allowedLatenessMs: 0,
    rollups: [
      {
        name: "windows",
        window: assignerOf(run.vector, run.config),
        keys: ["key"],
        aggregates: { sum: { kind: "sum", field: "value", of: "integer" } },
      },
    ],
    sources: { judgedBy: "source" },
  };
  const outputs = ["update", "final"] as const;
  let operators = outputs.map((output) => createOperator<KeyedEvent>({ ...definition, output }));
  for (const [at, step] of run.steps) {
    if (step.op === "event") {
      const { key, value, t } = step;
      const source = closing === "key" ? key : "partition";
      for (const operator of operators) operator.step({ kind: "events", source, events: [{ key, value, t }] });
    } else if (step.op === "restart") {
      operators = operators.map((operator, index) => {
        const snapshot = JSON.parse(JSON.stringify(operator.snapshot()));
        return createOperator<KeyedEvent>({ ...definition, output: outputs[index] as "update" | "final" }, snapshot);
      });
    } else throw unknownOperation(step);
    const [updated, finals] = operators.map((operator) => inOrder(rowsOf(run, operator)));
    run.expect(at, stated(step.expect), { updated, finals });
  }
});

function rowsOf(run: CaseRun<unknown, unknown>, operator: Operator<OperatorDefinition<KeyedEvent>>): Fields[] {
  const rows = operator
    .checkpoint()
    .parts.flatMap(({ changed }) => changed.flatMap((each): readonly Row[] => each.rows));
  return rows.map(({ windowStartMs, windowEndMs, keys, values }) => ({
    key: keys["key"],
    start: run.unit(windowStartMs),
    end: run.unit(windowEndMs),
    ...values,
  }));
}

/** null: the case does not say. */
function stated(expected: Fields | undefined): Fields {
  return Object.fromEntries(Object.entries(expected ?? {}).filter(([, value]) => value !== null));
}

export const quix: Readonly<Record<string, Adapter>> = {
  "keyed-window-sum-closing": keyedWindowSumClosing,
  "window-assign": windowAssign,
  "invalid-config": invalidConfig,
};
