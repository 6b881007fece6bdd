/** Kafka will never take what was sent or do what was asked; the message says why. */
export class KafkaRefusedError extends Error {
  override readonly name = "KafkaRefusedError";
  readonly code = "kafka-refused";
}
