import { inOrder } from "./answers.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, unknownOperation } from "./case-run.js";
import { TwinTask } from "./twin-task.js";
import { assignerOf } from "./window-config.js";

interface Update {
  readonly key: string;
  readonly value: string;
  readonly t: number;
}

interface Step {
  readonly op: string;
  readonly events?: readonly Update[];
  readonly expect?: Fields;
}

/**
 * How many keys of a table hold each value. Kafka Streams takes a key's old value out of the count; to us an event once counted stays
 * counted. What comes of ours is the number of events with each value, and it never falls.
 */
export const tableCountByValue: Adapter = adapter<unknown, Step>((run) => {
  const task = new TwinTask<Update>({
    time: { field: "t", unit: run.vector.timeUnit },
    watermarkDelayMs: "given",
    allowedLatenessMs: 0,
    rollups: [
      {
        name: "values",
        window: assignerOf(run.vector, { type: "global" }),
        keys: ["value"],
        aggregates: { count: { kind: "count" }, t: { kind: "max", field: "t" } },
      },
    ],
  });
  const seen: string[] = [];
  for (const [at, { op, events = [], expect }] of run.steps) {
    if (op !== "pipe") throw unknownOperation(op);
    const raw = events.flatMap((event) => {
      task.step([event]);
      return task.checkpoint().changed.map(({ keys, values }) => ({ key: keys["value"], ...values }));
    });
    seen.push(...events.map(({ value }) => value));
    if (run.follows("counts-never-fall")) {
      const counts = [...task.open.values()].map(({ keys, values }) => ({
        value: keys["value"],
        count: values["count"],
      }));
      const ofEvents = [...new Set(seen)].map((value) => ({
        value,
        count: seen.filter((each) => each === value).length,
      }));
      run.expect(at, { counts: ofEvents }, { counts });
    } else {
      run.expect(at, expect, { raw: inOrder(raw), suppressed: inOrder(raw) });
    }
  }
});
