import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from "kafkajs";
import { describe, expect, it } from "vitest";
import { SourceError, topicMissing } from "../src/errors.js";
import { findRoot, isMissingTopic, classifyError } from "../src/kafkajs-errors.js";

const protocolError = (type: string, retriable: boolean): KafkaJSProtocolError =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable }));
const wrapped = (cause: Error): KafkaJSNonRetriableError =>
  Object.assign(new KafkaJSNonRetriableError(cause), { cause });

const named = (name: string): Error => Object.assign(new KafkaJSNonRetriableError("no"), { name });

describe("classifyError", () => {
  it("holds network trouble to be transient, in kafkajs's wrappers too", () => {
    const away = new KafkaJSConnectionError("connect ECONNREFUSED", { code: "ECONNREFUSED" });
    expect(classifyError(away)).toBe("transient");
    expect(classifyError(wrapped(away))).toBe("transient");
    expect(classifyError(new KafkaJSNumberOfRetriesExceeded(away, { retryCount: 5, retryTime: 1 }))).toBe("transient");
  });

  it("holds a lost membership and a missing topic to be transient", () => {
    expect(classifyError(wrapped(protocolError("UNKNOWN_MEMBER_ID", false)))).toBe("transient");
    expect(classifyError(protocolError("UNKNOWN_TOPIC_OR_PARTITION", true))).toBe("transient");
  });

  it("holds an authentication that the connection broke off to be transient, and so an error that says it may pass", () => {
    const broken = new KafkaJSNonRetriableError("SASL PLAIN authentication failed: Closed connection");
    const authentication = Object.assign(broken, { name: "KafkaJSSASLAuthenticationError" });
    expect(classifyError(wrapped(authentication))).toBe("transient");
    expect(classifyError(wrapped(Object.assign(new Error("no token"), { retryable: true })))).toBe("transient");
  });

  it("holds a refusal to be fatal", () => {
    expect(classifyError(named("KafkaJSSASLAuthenticationError"))).toBe("fatal");
    expect(classifyError(wrapped(protocolError("TOPIC_AUTHORIZATION_FAILED", false)))).toBe("fatal");
    expect(classifyError(new SourceError("unsafe-offset", "too large"))).toBe("fatal");
  });

  it("does not know what an error from inside the client means", () => {
    expect(classifyError(wrapped(new TypeError("Cannot read properties of undefined")))).toBe("unknown");
    expect(classifyError("text")).toBe("unknown");
  });

  it("ends where causes go round in a circle", () => {
    const first = new Error("first");
    const second = new Error("second", { cause: first });
    first.cause = second;
    expect(classifyError(second)).toBe("unknown");
    expect(findRoot(second)).toBe(first);
  });
});

describe("isMissingTopic", () => {
  it("finds Kafka's answer under the wrappers", () => {
    expect(isMissingTopic(wrapped(protocolError("UNKNOWN_TOPIC_OR_PARTITION", true)))).toBe(true);
    expect(isMissingTopic(topicMissing("t", protocolError("LEADER_NOT_AVAILABLE", true)))).toBe(true);
    expect(isMissingTopic(protocolError("NOT_CONTROLLER", true))).toBe(false);
  });
});
