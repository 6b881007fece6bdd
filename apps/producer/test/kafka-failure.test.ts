import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from "kafkajs";
import { describe, expect, it } from "vitest";
import { judgeFailure } from "../src/kafka-failure.js";

/** As kafkajs makes it from an error code. */
function protocolError(type: string, retriable: boolean): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(`it was ${type}.`), { type, code: 1, retriable }) as never);
}

describe("judgeFailure", () => {
  it("takes a broken connection to pass, with the reason of the operating system", () => {
    const error = new KafkaJSConnectionError("Connection error: connect ECONNREFUSED 127.0.0.1:9092");
    const wrapped = new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 1, retryTime: 1 });
    const expected = { kind: "passing", reason: "connect ECONNREFUSED 127.0.0.1:9092" };
    expect(judgeFailure(error)).toEqual(expected);
    expect(judgeFailure(Object.assign(new KafkaJSNonRetriableError(wrapped), { cause: wrapped }))).toEqual(expected);
  });

  it.each([
    ["LEADER_NOT_AVAILABLE", true, "passing"],
    ["NOT_ENOUGH_REPLICAS", true, "passing"],
    ["MESSAGE_TOO_LARGE", false, "refused"],
    ["TOPIC_AUTHORIZATION_FAILED", false, "refused"],
    ["OUT_OF_ORDER_SEQUENCE_NUMBER", false, "refused"],
    ["DUPLICATE_SEQUENCE_NUMBER", false, "stored"],
  ])("judges %s by what Kafka says of it", (type, retriable, kind) => {
    const error = protocolError(type, retriable);
    expect(judgeFailure(error)).toEqual({ kind, reason: `it was ${type}` });
    expect(judgeFailure(Object.assign(new Error("several"), { errors: [error] })).kind).toBe(kind);
  });

  it("copes with anything that is thrown", () => {
    expect(judgeFailure("text")).toEqual({ kind: "passing", reason: "text" });
    expect(judgeFailure(new TypeError("x is null")).kind).toBe("passing");
    const loop = new Error("round");
    loop.cause = loop;
    expect(judgeFailure(loop)).toEqual({ kind: "passing", reason: "round" });
  });
});
