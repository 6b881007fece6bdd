import { expect, test } from "vitest";
import { findConfigFault, listSettings, resolveConfig } from "../../src/log/topic-config.js";

test.each([
  [{ "retention.ms": "-1", "segment.bytes": "1048576", "cleanup.policy": "delete" }],
  [{ "message.timestamp.type": "LogAppendTime" }],
  [{}],
])("%j is taken", (overrides) => {
  expect(findConfigFault(overrides)).toBeNull();
});

test.each([
  [{ "cleanup.policy": "compact" }, 'cleanup.policy takes delete, not "compact".'],
  [{ "retention.ms": "-2" }, "retention.ms takes an integer from -1 to"],
  [{ "retention.ms": "1e3" }, '"1e3"'],
  [{ "retention.ms": "" }, '""'],
  [{ "max.message.bytes": "99999999999" }, "max.message.bytes takes"],
  [{ "unclean.leader.election.enable": "true" }, "There is no topic setting unclean.leader.election.enable, only"],
  [{ toString: "x" }, "There is no topic setting toString"],
])("%j is refused with what is wrong", (overrides, message) => {
  expect(findConfigFault(overrides)).toContain(message);
});

test("a setting has Kafka's default until it is overridden", () => {
  expect(resolveConfig({}).retentionMs).toBe(604_800_000);
  expect(resolveConfig({ "retention.ms": "-1" }).retentionMs).toBe(-1);
  const listed = listSettings({ "retention.ms": "5" }).find(({ name }) => name === "retention.ms");
  expect(listed).toEqual({ name: "retention.ms", value: "5", isOverride: true });
});
