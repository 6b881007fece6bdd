import type { Message, RecordMetadata } from "kafkajs";
import { describe, expect, it } from "vitest";
import { createLanes } from "../src/lanes.js";

const message = (text: string): Message => ({ key: null, value: text });

/** A `deliver` whose answers the test gives. */
function createAnswers() {
  const asked: {
    texts: string[];
    answer: (metadata: RecordMetadata | null) => void;
    refuse: (error: Error) => void;
  }[] = [];
  const deliver = (messages: readonly Message[]): Promise<RecordMetadata | null> =>
    new Promise((answer, refuse) => {
      asked.push({ texts: messages.map(({ value }) => String(value)), answer, refuse });
    });
  return { asked, deliver };
}

describe("the lanes", () => {
  it("have one request per partition in flight, and send what came meanwhile next, in order", async () => {
    const { asked, deliver } = createAnswers();
    const lanes = createLanes({ partitions: 2, deliver });
    lanes.push(0, message("a1"));
    lanes.flush();
    for (const text of ["a2", "a3"]) lanes.push(0, message(text));
    lanes.push(1, message("b1"));
    lanes.flush();
    expect(asked.map(({ texts }) => texts)).toEqual([["a1"], ["b1"]]);
    const answered = lanes.nextAnswer();
    asked[0]?.answer(null);
    await answered;
    expect(asked.map(({ texts }) => texts)).toEqual([["a1"], ["b1"], ["a2", "a3"]]);
    expect(lanes.counts()).toEqual({ sent: 4, acknowledged: 1, failed: 0 });
    expect(lanes.waiting()).toBe(3);
  });

  it("tell what was acknowledged together with its metadata", async () => {
    const told: unknown[] = [];
    const metadata = { topicName: "t", partition: 0, errorCode: 0, baseOffset: "7" };
    const lanes = createLanes({
      partitions: 1,
      deliver: async () => metadata,
      onAcknowledged: (messages, answer) => told.push([messages.length, answer]),
    });
    lanes.push(0, message("a"));
    lanes.flush();
    await lanes.nextAnswer();
    expect(told).toEqual([[1, metadata]]);
  });

  it("count what was refused, send no more, and say so to whoever asks", async () => {
    const { asked, deliver } = createAnswers();
    const lanes = createLanes({ partitions: 1, deliver });
    lanes.push(0, message("a"));
    lanes.flush();
    lanes.push(0, message("b"));
    lanes.throwIfRefused();
    const answered = lanes.nextAnswer();
    asked[0]?.refuse(new Error("no"));
    await answered;
    lanes.flush();
    expect(() => lanes.throwIfRefused()).toThrow("no");
    expect(lanes.counts()).toEqual({ sent: 1, acknowledged: 0, failed: 1 });
    expect(asked).toHaveLength(1);
  });

  it("send at most 1,000 messages in a request", async () => {
    const sizes: number[] = [];
    const lanes = createLanes({
      partitions: 1,
      deliver: async (messages) => {
        sizes.push(messages.length);
        return null;
      },
    });
    for (let n = 0; n < 2_500; n++) lanes.push(0, message("x"));
    lanes.flush();
    while (lanes.waiting() > 0) await lanes.nextAnswer();
    expect(sizes).toEqual([1_000, 1_000, 500]);
  });
});
