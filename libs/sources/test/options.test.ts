import { describe, expect, it } from "vitest";
import { createSource } from "../src/index.js";
import type { SourceOptions } from "../src/index.js";
import { resolveOptions } from "../src/options.js";

const options: SourceOptions = {
  brokers: ["127.0.0.1:9092"],
  topic: "events",
  group: "readers",
  claim: () => Promise.reject(new Error("never asked")),
};

describe("the options of a source", () => {
  it("have defaults", () => {
    expect(resolveOptions(options)).toMatchObject({
      sessionTimeoutMs: 30_000,
      heartbeatMs: 1_000,
      maxBytesPerPartition: 524_288,
      partitionsConsumedConcurrently: 4,
    });
  });

  it("let heartbeats keep a tenth of a short session timeout", () => {
    expect(resolveOptions({ ...options, sessionTimeoutMs: 6_000 }).heartbeatMs).toBe(600);
  });

  it.each<[string, Partial<SourceOptions>]>([
    ["no broker", { brokers: [] }],
    ["a broker without a port", { brokers: ["localhost"] }],
    ["a port out of range", { brokers: ["localhost:70000"] }],
    ["an empty topic", { topic: "" }],
    ["a topic with a slash", { topic: "a/b" }],
    ["an empty group", { group: "" }],
    ["a fraction of a byte", { maxBytesPerPartition: 0.5 }],
    ["a session without time", { sessionTimeoutMs: 0 }],
    ["an answer to loss that is none", { onLost: "" as "stop" }],
  ])("are refused at once with %s", (_, wrong) => {
    expect(() => createSource({ ...options, ...wrong })).toThrow(expect.objectContaining({ code: "invalid-options" }));
  });

  it("take IPv6 addresses", () => {
    expect(resolveOptions({ ...options, brokers: ["[::1]:9092"] }).brokers).toEqual(["[::1]:9092"]);
  });
});
