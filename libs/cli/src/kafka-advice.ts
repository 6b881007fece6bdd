import type { SourceErrorCode } from "@tidemark/sources";

/** Which variables to look at after a failure of the connection to Kafka, as the end of its sentence; else empty. */
export function adviseOnKafka(code: SourceErrorCode): string {
  switch (code) {
    case "wrong-protocol":
      return ": check KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_MECHANISM";
    case "bad-certificate":
      return ": check KAFKA_BROKERS, KAFKA_SSL_CA, KAFKA_SSL_CERT and KAFKA_SSL_KEY";
    case "bad-mechanism":
      return ": check KAFKA_SASL_MECHANISM";
    case "bad-credentials":
      return ": check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or KAFKA_SASL_TOKEN_COMMAND";
    case "not-authorized":
      return ": grant it by an ACL of Kafka";
    case "batch-too-large":
      return ": raise KAFKA_MAX_BATCH_BYTES to read it";
    default:
      return "";
  }
}
