import { expect, it } from "vitest";
import { defaultOptions } from "../src/options.js";
import { formatSparkOutcome, runSpark } from "../src/spark/run-spark.js";
import { sparkFaultKinds } from "../src/spark/schedule.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

it("a Spark cluster that is killed, stopped and fenced, in turn with the consumer, leaves the tables that the log demands", async () => {
  const options = { ...defaultOptions, engine: "spark" as const, seed: 1, minutes: 1, rate: 200 };
  const outcome = await runSpark(options, { say, signal: new AbortController().signal });
  const text = formatSparkOutcome(outcome, 80);
  say(text);
  expect(text).toContain("Equal.");
  expect(outcome.faults).toBeGreaterThanOrEqual(sparkFaultKinds.length - 1);
});
