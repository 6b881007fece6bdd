import { SourceError } from "@tidemark/sources";
import { expect, it } from "vitest";
import { describeEvent } from "../../src/report/notes.js";

const place = { topic: "events", brokers: ["kafka:9092"] };
const disconnected = (error: Error) => describeEvent({ type: "disconnected", error }, place);

it("tells a Kafka that loads its groups from one that does not answer", () => {
  const loading = new SourceError("group-loading", "Kafka at kafka:9092 is still loading the group", {
    retryable: true,
  });
  expect(disconnected(loading)).toBe("Kafka at kafka:9092 is still loading the group; joining the group again");
  const unreachable = new SourceError("unreachable", "connect ECONNREFUSED", { retryable: true });
  expect(disconnected(unreachable)).toBe("Kafka is away (connect ECONNREFUSED); trying again");
});
