import { expect, it } from "vitest";
import { createSparkSchedule, describeSparkFault, sparkFaultKinds } from "../src/spark/schedule.js";

it("a schedule of Spark's faults has each kind, and is the same for the same seed", () => {
  const schedule = createSparkSchedule({ seed: 3, lengthMs: 300_000 });
  expect(schedule).toHaveLength(15);
  expect(new Set(schedule.slice(0, sparkFaultKinds.length).map(({ kind }) => kind)).size).toBe(sparkFaultKinds.length);
  expect(createSparkSchedule({ seed: 3, lengthMs: 300_000 })).toEqual(schedule);
  expect(createSparkSchedule({ seed: 4, lengthMs: 300_000 })).not.toEqual(schedule);
  expect(createSparkSchedule({ seed: 3, lengthMs: 1_000 })).toHaveLength(sparkFaultKinds.length);
});

it("says what will happen to whom", () => {
  const fault = { kind: "kill worker", afterMs: 1_500, forMs: 2_000, worker: 2 } as const;
  expect(describeSparkFault(fault)).toBe(
    "1.5 s later: SIGKILL worker 2 with its executor, in the middle of a COPY if there is one, started again after 2.0 s",
  );
});
