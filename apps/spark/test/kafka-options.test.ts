import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { kafkaOptions } from "../src/kafka-options.js";
import { addressForLibpq } from "../src/libpq-address.js";

it("gives Spark's Kafka source the consumer's TLS and SASL", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const options = kafkaOptions({
    ssl: { ca: "CA", cert: "CERT", key: privateKey, passphrase: "secret" },
    sasl: { mechanism: "scram-sha-256" as "plain", username: "reader", password: 'a"b\\c' },
  });
  expect(options).toMatchObject({
    "kafka.security.protocol": "SASL_SSL",
    "kafka.ssl.truststore.type": "PEM",
    "kafka.ssl.truststore.certificates": "CA",
    "kafka.ssl.keystore.certificate.chain": "CERT",
    "kafka.sasl.mechanism": "SCRAM-SHA-256",
    "kafka.sasl.jaas.config": String.raw`org.apache.kafka.common.security.scram.ScramLoginModule required username="reader" password="a\"b\\c";`,
  });
  expect(options["kafka.ssl.keystore.key"]).toMatch(/^-----BEGIN PRIVATE KEY-----/);
});

it("names each way to connect as Kafka does", () => {
  const sasl = { mechanism: "plain", username: "u", password: "p" } as const;
  expect(kafkaOptions({ ssl: true })).toEqual({ "kafka.security.protocol": "SSL" });
  expect(kafkaOptions({ ssl: false, sasl })).toMatchObject({ "kafka.security.protocol": "SASL_PLAINTEXT" });
  expect(kafkaOptions({ ssl: false, sasl })["kafka.sasl.jaas.config"]).toContain("plain.PlainLoginModule");
});

it("refuses tokens, with what it takes", () => {
  const sasl = { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: "t" }) } as const;
  expect(() => kafkaOptions({ ssl: false, sasl })).toThrow(
    "the Spark job takes PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
  );
});

it("gives libpq an address that no variable changes", () => {
  const env = { PGUSER: "somebody", HOME: "/root" };
  const complete = "postgresql://u@h:1/d?application_name=a&complete=true";
  expect(addressForLibpq(complete, env)).toEqual({
    url: "postgresql://u@h:1/d?application_name=a",
    variables: { PGUSER: undefined },
  });
  const own = "host=h dbname=d";
  expect(addressForLibpq(own, env)).toEqual({ url: own, variables: {} });
});
