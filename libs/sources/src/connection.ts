import type { KafkaConfig } from "kafkajs";

/**
 * TLS and SASL as kafkajs takes them: `ssl: { ca, cert, key }` in PEM, `sasl: { mechanism, username, password }`. An
 * `oauthBearerProvider` that rejects with an error whose `retryable` is true is asked again, as a broker that is away.
 */
export type KafkaConnection = Pick<KafkaConfig, "ssl" | "sasl">;

/** The user's name, where the mechanism has one. */
export function userOf({ sasl }: KafkaConnection): string | undefined {
  return sasl !== undefined && "username" in sasl ? sasl.username : undefined;
}
