import { createPrivateKey } from "node:crypto";
import { AddressError } from "@tidemark/cli";
import type { KafkaConnection } from "@tidemark/sources";

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
const MODULES = "org.apache.kafka.common.security";

/**
 * The options of Spark's Kafka source for how the consumer connects: TLS with PEM, SASL by PLAIN and SCRAM.
 *
 * @throws AddressError `bad-connection` for tokens, which a command of this machine would have to give each executor
 */
export function kafkaOptions({ ssl, sasl }: KafkaConnection): Readonly<Record<string, string>> {
  const hasTls = ssl !== undefined && ssl !== false;
  const protocol = `${sasl === undefined ? "" : "SASL_"}${hasTls ? "SSL" : "PLAINTEXT"}`;
  return {
    "kafka.security.protocol": protocol,
    ...(hasTls && ssl !== true && tlsOptions(ssl)),
    ...(sasl !== undefined && saslOptions(sasl)),
  };
}

function tlsOptions(ssl: Exclude<NonNullable<KafkaConnection["ssl"]>, boolean>): Readonly<Record<string, string>> {
  const { ca, cert, key, passphrase } = ssl;
  const options: Record<string, string> = {};
  if (ca !== undefined) {
    options["kafka.ssl.truststore.type"] = "PEM";
    options["kafka.ssl.truststore.certificates"] = String(ca);
  }
  if (cert !== undefined && key !== undefined) {
    const pem = createPrivateKey({ key: String(key), ...(passphrase !== undefined && { passphrase }) });
    options["kafka.ssl.keystore.type"] = "PEM";
    options["kafka.ssl.keystore.certificate.chain"] = String(cert);
    // Java reads keys in this form alone.
    options["kafka.ssl.keystore.key"] = pem.export({ type: "pkcs8", format: "pem" }).toString();
  }
  return options;
}

function saslOptions(sasl: NonNullable<KafkaConnection["sasl"]>): Readonly<Record<string, string>> {
  const { mechanism } = sasl;
  if (!("username" in sasl) || !("password" in sasl)) {
    throw new AddressError(
      "bad-connection",
      `KAFKA_SASL_MECHANISM got ${mechanism.toUpperCase()}; the Spark job takes PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.`,
    );
  }
  const module = mechanism === "plain" ? `${MODULES}.plain.PlainLoginModule` : `${MODULES}.scram.ScramLoginModule`;
  const { username, password } = sasl;
  return {
    "kafka.sasl.mechanism": mechanism.toUpperCase(),
    "kafka.sasl.jaas.config": `${module} required username=${quote(username)} password=${quote(password)};`,
  };
}
