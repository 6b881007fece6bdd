import { KafkaJSConnectionError, KafkaJSNonRetriableError } from "kafkajs";
import { expect, it } from "vitest";
import { explainFailure } from "../src/kafka-failure.js";

const context = {
  brokers: ["kafka:9093"],
  connection: { sasl: { mechanism: "plain" as const, username: "alice", password: "s3cret" } },
};

it.each([
  ["CERT_HAS_EXPIRED", "The certificate of the Kafka broker b-1:9093 has expired"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "The certificate of the Kafka broker b-1:9093 is for another host name"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "The Kafka broker b-1:9093 does not accept this client's certificate"],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "The Kafka broker b-1:9093 and this client agree on no TLS connection"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "The Kafka broker b-1:9093 does not speak TLS on this port"],
])("explains %s by the broker that kafkajs names", (code, sentence) => {
  const error = new KafkaJSConnectionError("Connection error", { broker: "b-1:9093", code });
  const wrapped = Object.assign(new KafkaJSNonRetriableError(error), { cause: error });
  const failure = explainFailure(wrapped, context);
  expect(failure).toMatchObject({ retryable: false });
  expect(failure?.message).toContain(sentence);
});

it("explains nothing where the connection was closed, refused or lost: that is an outage, or has to be asked for", () => {
  for (const code of ["ECONNREFUSED", "ECONNRESET", "ERR_SSL_UNEXPECTED_EOF_WHILE_READING", undefined]) {
    const error = new KafkaJSConnectionError("Closed connection", code === undefined ? {} : { code });
    expect(explainFailure(error, context)).toBeUndefined();
  }
});

it("takes an authentication that the connection broke off for an outage, and a wrong password not", () => {
  const failed = (reason: string) =>
    Object.assign(new KafkaJSNonRetriableError(`SASL PLAIN authentication failed: ${reason}`), {
      name: "KafkaJSSASLAuthenticationError",
    });
  expect(explainFailure(failed("Closed connection"), context)).toBeUndefined();
  const refusal = explainFailure(failed("Authentication failed: Invalid username or password"), context);
  expect(refusal).toMatchObject({ code: "bad-credentials", retryable: false });
  expect(refusal?.message).toContain('the user "alice"');
  expect(refusal?.message).not.toContain("s3cret");
});

it.each(["GROUP_LOAD_IN_PROGRESS", "GROUP_COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR_FOR_GROUP"])(
  "says of %s that Kafka loads the group, which is no outage",
  (type) => {
    const failure = explainFailure(Object.assign(new Error("The coordinator is loading"), { type }), {
      ...context,
      group: "readers",
    });
    expect(failure).toMatchObject({ code: "group-loading", retryable: true });
    expect(failure?.message).toContain('Kafka at kafka:9093 is still loading the group "readers"');
  },
);
