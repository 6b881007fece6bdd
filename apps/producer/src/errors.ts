/** Kafka will never take what was sent or do what was asked; the message says why. */
export class KafkaRefusedError extends Error {
  override readonly name = "KafkaRefusedError";
  readonly code = "kafka-refused";
  /** Whether it is the connection that was refused, or the user: a variable has to be changed. */
  readonly isConfiguration: boolean;

  constructor(
    message: string,
    { isConfiguration = false, ...options }: ErrorOptions & { isConfiguration?: boolean } = {},
  ) {
    super(message, options);
    this.isConfiguration = isConfiguration;
  }
}
