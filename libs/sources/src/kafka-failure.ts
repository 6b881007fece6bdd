import { CodecError } from "./compression/codec-error.js";
import { userOf, type KafkaConnection } from "./connection.js";
import { SourceError } from "./errors.js";
import { isPassingSaslError, listCauses, typeOf } from "./kafkajs-errors.js";

/** What was asked of Kafka, and how. */
export interface FailureContext {
  readonly brokers: readonly string[];
  readonly connection?: KafkaConnection | undefined;
  readonly topic?: string | undefined;
  readonly group?: string | undefined;
}

/**
 * Says which part of the way to Kafka failed: name, certificate, protocol, mechanism, credentials or authorization. Undefined
 * where the error alone does not tell. The message is one sentence without a full stop, and holds no secret.
 */
export function explainFailure(error: unknown, context: FailureContext): SourceError | undefined {
  for (const cause of listCauses(error)) {
    const found = cause instanceof SourceError ? cause : explainCause(cause, context);
    if (found !== undefined) return found;
  }
  return undefined;
}

function explainCause(cause: unknown, context: FailureContext): SourceError | undefined {
  if (!(cause instanceof Error)) return undefined;
  if (cause instanceof CodecError) return explainCodec(cause, context.topic);
  const at = brokerOf(cause) ?? context.brokers.join(", ");
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const message = `The host name of the Kafka broker ${at} cannot be resolved (${code})`;
    return new SourceError("unreachable", message, { retryable: true, cause });
  }
  return (
    explainCertificate(code, at, cause) ??
    explainSasl(cause, at, context.connection ?? {}) ??
    explainAuthorization(cause, at, context) ??
    explainCoordinator(cause, at, context)
  );
}

function explainCodec(cause: CodecError, topic: string | undefined): SourceError {
  const { partition, offset } = cause;
  const where = [
    ...(offset === undefined ? [] : [`at offset ${offset}`]),
    ...(partition === undefined ? [] : [`of partition ${partition}`]),
    ...(topic === undefined ? [] : [`of topic "${topic}"`]),
  ];
  return new SourceError(cause.code, ["The batch", ...where, cause.message].join(" "), { cause });
}

const BROKER_CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  CERT_REVOKED: "was revoked",
  CERT_SIGNATURE_FAILURE: "has a wrong signature",
  CERT_UNTRUSTED: "is signed by an authority that is not trusted here",
  CERT_REJECTED: "is signed by an authority that is not trusted here",
  DEPTH_ZERO_SELF_SIGNED_CERT: "is signed by itself, and not trusted here",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another host name",
  INVALID_CA: "is signed by a certificate that is no authority's",
  INVALID_PURPOSE: "is not for servers",
  SELF_SIGNED_CERT_IN_CHAIN: "is signed by an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "is signed by an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "is signed by an authority that is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "is signed by an authority that is not known here",
};

// OpenSSL's names of the alerts by which a server refuses the client.
const CLIENT_CERTIFICATE =
  /_ALERT_(BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REQUIRED|REVOKED|UNKNOWN)|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/;

const NO_COMMON_TLS =
  /^ERR_SSL_.*(ALERT_HANDSHAKE_FAILURE|ALERT_PROTOCOL_VERSION|ALERT_INSUFFICIENT_SECURITY|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE)$/;

function explainCertificate(code: string, at: string, cause: Error): SourceError | undefined {
  const wrong = BROKER_CERTIFICATE[code];
  if (wrong !== undefined) {
    return new SourceError("bad-certificate", `The certificate of the Kafka broker ${at} ${wrong}`, { cause });
  }
  if (CLIENT_CERTIFICATE.test(code)) return clientCertificateRefused(at, cause);
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG")
    return speaksNoTls(at, cause);
  if (NO_COMMON_TLS.test(code)) {
    const message = `The Kafka broker ${at} and this client agree on no TLS connection (${code})`;
    return new SourceError("bad-certificate", message, { cause });
  }
  return undefined;
}

function explainSasl(cause: Error, at: string, connection: KafkaConnection): SourceError | undefined {
  const mechanism = connection.sasl?.mechanism.toUpperCase() ?? "";
  const type = typeOf(cause);
  if (type === "UNSUPPORTED_SASL_MECHANISM" || /mechanism is not supported/.test(cause.message)) {
    return mechanismNotOffered(at, mechanism, [], cause);
  }
  if (type === "ILLEGAL_SASL_STATE" || isUnknownHandshake(cause)) return asksForNoSasl(at, cause);
  const isRefusal = cause.name === "KafkaJSSASLAuthenticationError" && !isPassingSaslError(cause);
  if (!isRefusal && type !== "SASL_AUTHENTICATION_FAILED") return undefined;
  const user = userOf(connection);
  const given = user === undefined ? "the token" : `the user "${user}" with this password`;
  return new SourceError("bad-credentials", `The Kafka broker ${at} does not accept ${given} (SASL ${mechanism})`, {
    cause,
  });
}

function explainAuthorization(cause: Error, at: string, context: FailureContext): SourceError | undefined {
  const [, kind] = /^(TOPIC|GROUP|CLUSTER|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED$/.exec(typeOf(cause)) ?? [];
  if (kind === undefined) return undefined;
  const name = kind === "TOPIC" ? context.topic : kind === "GROUP" ? context.group : undefined;
  const what = name === undefined ? kind.toLowerCase().replace("_", " ") : `${kind.toLowerCase()} "${name}"`;
  return notAuthorized(at, what, context, cause);
}

/** A broker may know no authentication at all. */
function isUnknownHandshake(cause: Error): boolean {
  return cause.name === "KafkaJSServerDoesNotSupportApiKey" && "apiName" in cause && cause.apiName === "SaslHandshake";
}

const COORDINATOR_MOVES = new Set([
  "GROUP_LOAD_IN_PROGRESS",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
]);

/** Kafka answers, but knows nothing of the group yet. */
function explainCoordinator(cause: Error, at: string, { group }: FailureContext): SourceError | undefined {
  if (!COORDINATOR_MOVES.has(typeOf(cause))) return undefined;
  const what = group === undefined ? "its groups" : `the group "${group}"`;
  const message = `Kafka at ${at} is still loading ${what}, as it does after a start or a failover`;
  return new SourceError("group-loading", message, { retryable: true, cause });
}

export function notAuthorized(at: string, what: string, context: FailureContext, cause: unknown): SourceError {
  const user = userOf(context.connection ?? {});
  const who = user === undefined ? "this client" : `the user "${user}"`;
  return new SourceError("not-authorized", `Kafka at ${at} does not authorize ${who} for the ${what}`, { cause });
}

export function clientCertificateRefused(at: string, cause: unknown): SourceError {
  const message = `The Kafka broker ${at} does not accept this client's certificate, or was given none`;
  return new SourceError("bad-certificate", message, { cause });
}

export function speaksNoTls(at: string, cause: unknown): SourceError {
  const message = `The Kafka broker ${at} does not speak TLS on this port, and this client does`;
  return new SourceError("wrong-protocol", message, { cause });
}

export function speaksTls(at: string, cause: unknown): SourceError {
  const message = `The Kafka broker ${at} speaks TLS on this port, and this client does not`;
  return new SourceError("wrong-protocol", message, { cause });
}

export function asksForSasl(at: string, mechanisms: readonly string[], cause: unknown): SourceError {
  const offered = mechanisms.length === 0 ? "" : ` (${mechanisms.join(", ")})`;
  const message = `The Kafka broker ${at} asks for SASL authentication${offered}, and this client has none`;
  return new SourceError("wrong-protocol", message, { cause });
}

export function asksForNoSasl(at: string, cause: unknown): SourceError {
  const message = `The Kafka broker ${at} takes no SASL authentication on this port`;
  return new SourceError("wrong-protocol", message, { cause });
}

export function mechanismNotOffered(
  at: string,
  mechanism: string,
  offered: readonly string[],
  cause: unknown,
): SourceError {
  const instead = offered.length === 0 ? "" : `, but ${offered.join(", ")}`;
  const message = `The Kafka broker ${at} does not offer the SASL mechanism ${mechanism}${instead}`;
  return new SourceError("bad-mechanism", message, { cause });
}

/** The broker that an error of kafkajs names. */
export function brokerOf(error: unknown): string | undefined {
  const named = error instanceof Error && "broker" in error && typeof error.broker === "string" ? error.broker : "";
  return named === "" ? undefined : named;
}
