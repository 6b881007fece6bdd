import { describe, expect, it } from "vitest";
import { parseOptions } from "../src/options.js";

describe("parseOptions", () => {
  it("leaves topic, group and durations to the pipeline where nobody names them", () => {
    expect(parseOptions([], {})).toEqual({
      kind: "run",
      options: {
        untilCaughtUp: false,
        acceptLoss: false,
        output: "status",
        pipeline: undefined,
        topic: undefined,
        group: undefined,
        times: {},
        stopTimeoutMs: 10_000,
        monitor: undefined,
      },
    });
  });

  it("reads arguments and variables, and takes an empty variable for an unset one", () => {
    const parsed = parseOptions(["--until-caught-up", "--accept-loss", "--json"], {
      PIPELINE: "orders.ts",
      KAFKA_TOPIC: "mine",
      KAFKA_GROUP: "",
      WATERMARK_DELAY: "90s",
      ALLOWED_LATENESS: "250ms",
      KEYS_PER_WINDOW: "1000",
      MEMORY_BUDGET: "8388608",
      RETENTION_DAYS: "30",
      QUIET_AFTER: "10m",
      UNRELATED: "x",
    });
    expect(parsed).toMatchObject({
      kind: "run",
      options: {
        untilCaughtUp: true,
        acceptLoss: true,
        output: "json",
        topic: "mine",
        group: undefined,
        pipeline: "orders.ts",
        times: { watermarkDelayMs: 90_000, allowedLatenessMs: 250 },
        keyLimit: { perWindow: 1_000, beyond: "other" },
        memoryBytes: 8_388_608,
        retentionDays: 30,
        quietAfterMs: 600_000,
      },
    });
  });

  it.each([
    [["--unknown"], {}, "--unknown"],
    [["extra"], {}, "extra"],
    [["--json=yes"], {}, "--json"],
    [["--show", "--json"], {}, "--show"],
    [[], { WATERMARK_DELAY: "5" }, "WATERMARK_DELAY"],
    [[], { WATERMARK_DELAY: "-5m" }, "WATERMARK_DELAY"],
    [[], { ALLOWED_LATENESS: "soon" }, "ALLOWED_LATENESS"],
    [[], { MAX_FUTURE_SKEW: "1000d" }, "MAX_FUTURE_SKEW"],
    [[], { KEYS_PER_WINDOW: "0" }, "KEYS_PER_WINDOW"],
    [[], { KEYS_PER_WINDOW: "1000", KEYS_BEYOND: "drop" }, "KEYS_BEYOND"],
    [[], { KEYS_BEYOND: "reject" }, "KEYS_BEYOND"],
    [[], { METRICS_PORT: "70000" }, "METRICS_PORT"],
    [[], { METRICS_PORT: "http" }, "METRICS_PORT"],
    [[], { METRICS_PORT: "0", METRICS_HOST: "a b" }, "METRICS_HOST"],
    [[], { STOP_TIMEOUT: "10" }, "STOP_TIMEOUT"],
    [[], { KAFKA_TOPIC: "a topic" }, "KAFKA_TOPIC"],
    [[], { KAFKA_TOPIC: ".." }, "KAFKA_TOPIC"],
    [[], { KAFKA_GROUP: "a b" }, "KAFKA_GROUP"],
    [[], { MEMORY_BUDGET: "64MiB" }, "MEMORY_BUDGET"],
    [[], { MEMORY_BUDGET: "1000" }, "MEMORY_BUDGET"],
    [[], { RETENTION_DAYS: "0" }, "RETENTION_DAYS"],
    [[], { RETENTION_DAYS: "1.5" }, "RETENTION_DAYS"],
    [[], { RETENTION_DAYS: "30d" }, "RETENTION_DAYS"],
    [[], { QUIET_AFTER: "10" }, "QUIET_AFTER"],
    [[], { QUIET_AFTER: "999ms" }, "QUIET_AFTER"],
  ])("answers %j and %j with one sentence that names the culprit", (args, env, name) => {
    const parsed = parseOptions(args, env);
    if (parsed.kind !== "wrong") throw new Error("it was taken");
    expect(parsed.problem).toContain(name);
    expect(parsed.problem).not.toContain("\n");
    expect(parsed.problem).toMatch(/\.$/);
  });

  it("shows help without looking at the rest", () => {
    expect(parseOptions(["--help"], { WATERMARK_DELAY: "soon" })).toEqual({ kind: "help" });
  });
});
