import { createStream, presets } from "@tidemark/socmed/scenario";
import type { Message } from "kafkajs";
import { describe, expect, it } from "vitest";
import { createLanes } from "../src/lanes.js";
import { sendStream, type SendOptions } from "../src/send.js";
import { waitUntil } from "./processes.js";

const stream = createStream({ scenario: presets.deck, seed: 1, startMs: Date.UTC(2024, 1, 3, 17), rate: 100 });

function setUp(deliver: (messages: readonly Message[]) => Promise<null>, change: Partial<SendOptions> = {}) {
  const stop = new AbortController();
  const lanes = createLanes({ partitions: 8, deliver });
  const options: SendOptions = {
    stream,
    schedule: { arrivalMs: stream.arrivalMs, first: 0, end: Number.POSITIVE_INFINITY },
    elapsedMs: () => Number.POSITIVE_INFINITY,
    lanes,
    partitionOf: (key) => key.length % 8,
    isHeld: () => false,
    stop: stop.signal,
    ...change,
  };
  return { stop, lanes, options };
}

describe("sendStream", () => {
  it("sends exactly 6,000 events in 60 s of an injected clock at 100 events/s", async () => {
    let elapsedMs = 0;
    let received = 0;
    const { stop, options } = setUp(
      async (messages) => {
        received += messages.length;
        return null;
      },
      {
        elapsedMs: () => {
          if (elapsedMs === 60_000) stop.abort();
          elapsedMs = Math.min(elapsedMs + 317.3, 60_000);
          return elapsedMs;
        },
      },
    );
    expect(await sendStream(options)).toBe(6_000);
    expect(received).toBe(6_000);
  });

  it("makes at most 10,000 events that have no answer", async () => {
    const { lanes, options } = setUp(() => new Promise(() => undefined));
    void sendStream(options);
    await waitUntil(() => lanes.waiting() >= 8_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lanes.waiting()).toBeLessThanOrEqual(10_000);
  });

  it("makes nothing while it is held, and what is due by then afterwards", async () => {
    let held = false;
    let release = (): void => undefined;
    const gate = new Promise<null>((resolve) => {
      release = () => resolve(null);
    });
    const schedule = { arrivalMs: stream.arrivalMs, first: 0, end: 5_000 };
    const deliver = (): Promise<null> => gate;
    const { lanes, options } = setUp(deliver, { schedule, isHeld: () => held || lanes.waiting() >= 2_000 });
    const sending = sendStream(options);
    await waitUntil(() => lanes.waiting() === 2_000);
    held = true;
    release();
    await waitUntil(() => lanes.waiting() === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lanes.counts().sent).toBe(2_000);
    held = false;
    expect(await sending).toBe(5_000);
    expect(lanes.counts()).toEqual({ sent: 5_000, acknowledged: 5_000, failed: 0 });
  });

  it("ends soon with what Kafka refused, even if the next event is far off", async () => {
    const { options } = setUp(async () => Promise.reject(new Error("too large")), { elapsedMs: () => 1 });
    await expect(sendStream(options)).rejects.toThrow("too large");
  });
});
