/** A further listener of a secured broker: TLS, SASL, or both. */
export interface SecureListener {
  /** What the broker calls it, in capitals: "MUTUAL". */
  readonly name: string;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** The broker's certificate; by default that of `Security`. */
  readonly certificate?: ServerCertificate;
  /** In PEM: clients need a certificate that one of these signed. */
  readonly clientAuthorities?: string;
  /** What clients are told to connect to; default 127.0.0.1. */
  readonly host?: string;
  /** Default: any that is free. */
  readonly port?: number;
  /** The port that clients are told to connect to, where something stands between them and Kafka. Default: its own. */
  readonly advertisedPort?: number;
}

/** In PEM. */
export interface ServerCertificate {
  readonly chain: string;
  /** Not encrypted, PKCS #8. */
  readonly key: string;
}

export interface Security {
  readonly listeners: readonly SecureListener[];
  /** Of every listener that speaks TLS and has none of its own. */
  readonly certificate: ServerCertificate;
  /** Passwords by user; each user can authenticate by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly users: Readonly<Record<string, string>>;
  /** Of the listeners with SASL; default: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly mechanisms?: readonly string[];
  /**
   * After so many ms each connection by OAUTHBEARER has to authenticate again, and sooner where its token expires. Default: never, and
   * an expired token is noticed by the next connection. Tokens are JWTs without a signature, as Kafka has them for tests.
   */
  readonly reauthenticateMs?: number;
  /**
   * Who may do everything without an ACL, such as "User:admin"; all others may do what ACLs say, and the plaintext listener is
   * anonymous: "User:ANONYMOUS". Without this there is no authorization.
   */
  readonly superUsers?: readonly string[];
}

const DEFAULT_MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/** The settings of the further listeners, beside those of a plain broker. */
export function describeSecurity({
  listeners,
  certificate,
  users,
  mechanisms = DEFAULT_MECHANISMS,
  superUsers,
  reauthenticateMs,
}: Security): Readonly<Record<string, string>> {
  const settings: Record<string, string> = { "sasl.enabled.mechanisms": mechanisms.join(",") };
  if (superUsers !== undefined) {
    settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    settings["super.users"] = superUsers.join(";");
  }
  for (const listener of listeners) {
    const prefix = `listener.name.${listener.name.toLowerCase()}`;
    if (listener.protocol.endsWith("SSL")) {
      const { chain, key } = listener.certificate ?? certificate;
      settings[`${prefix}.ssl.keystore.type`] = "PEM";
      settings[`${prefix}.ssl.keystore.certificate.chain`] = chain;
      settings[`${prefix}.ssl.keystore.key`] = key;
      if (listener.clientAuthorities !== undefined) {
        settings[`${prefix}.ssl.truststore.type`] = "PEM";
        settings[`${prefix}.ssl.truststore.certificates`] = listener.clientAuthorities;
        settings[`${prefix}.ssl.client.auth`] = "required";
      }
    }
    if (listener.protocol.startsWith("SASL")) {
      for (const mechanism of mechanisms) {
        const ofMechanism = `${prefix}.${mechanism.toLowerCase()}`;
        settings[`${ofMechanism}.sasl.jaas.config`] = describeLogin(mechanism, users);
        if (mechanism === "OAUTHBEARER" && reauthenticateMs !== undefined) {
          settings[`${ofMechanism}.connections.max.reauth.ms`] = String(reauthenticateMs);
        }
      }
    }
  }
  return settings;
}

/** SCRAM's passwords are in the metadata log: see `describeScramUsers`. PLAIN's are here. */
function describeLogin(mechanism: string, users: Readonly<Record<string, string>>): string {
  if (mechanism === "OAUTHBEARER") {
    return "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;";
  }
  if (mechanism !== "PLAIN") return "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const passwords = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords.join(" ")};`;
}

/** What the formatting of the storage is told of users. */
export function describeScramUsers({ users }: Security): string[] {
  return Object.entries(users).flatMap(([name, password]) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
}
