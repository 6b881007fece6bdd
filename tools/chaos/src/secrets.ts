import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificates, readCertificate, type ServerCertificate } from "@tidemark/real-kafka";
import type { KafkaConnection } from "@tidemark/sources";

/** What TLS and SASL take on both sides: the servers of a run have one authority, and Kafka one user. */
export interface Secrets {
  /** The authority's certificate, as a PEM file. */
  readonly authority: string;
  readonly certificate: ServerCertificate;
  readonly users: Readonly<Record<string, string>>;
  readonly connection: KafkaConnection;
  /** The connection as variables of the programs. */
  readonly kafkaVariables: Readonly<Record<string, string>>;
}

const user = "tidemark";
const password = "not a secret: made for one run";

export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Makes the certificates with openssl. */
export function createSecrets(runDirectory: string): Secrets {
  const directory = join(runDirectory, "secrets");
  mkdirSync(directory);
  const make = createCertificates(directory);
  const authority = make.authority("authority");
  const certificate = readCertificate(make.signed("server", "authority", "DNS:localhost,IP:127.0.0.1", 30));
  return {
    authority,
    certificate,
    users: { [user]: password },
    connection: {
      ssl: { ca: readFileSync(authority, "utf8") },
      sasl: { mechanism: "scram-sha-512", username: user, password },
    },
    kafkaVariables: {
      KAFKA_SSL: "true",
      KAFKA_SSL_CA: authority,
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: password,
    },
  };
}
