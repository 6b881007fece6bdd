import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { KafkaConnection } from "@tidemark/sources";
import { AddressError } from "./errors.js";
import { createMskTokens } from "./msk-tokens.js";
import { createTokenCommand } from "./token-command.js";

/** The variables that say how to connect to Kafka, beside its address. */
const KAFKA_CONNECTION_VARIABLES = [
  "KAFKA_SSL",
  "KAFKA_SSL_CA",
  "KAFKA_SSL_CERT",
  "KAFKA_SSL_KEY",
  "KAFKA_SSL_KEY_PASSWORD",
  "KAFKA_SASL_MECHANISM",
  "KAFKA_SASL_USERNAME",
  "KAFKA_SASL_PASSWORD",
  "KAFKA_SASL_PASSWORD_FILE",
  "KAFKA_SASL_TOKEN_COMMAND",
] as const;

/** For a child process that talks to a Kafka of ours: whatever this process's environment says is unset for it. */
export const NO_KAFKA_CONNECTION: Readonly<Record<string, string>> = Object.fromEntries(
  KAFKA_CONNECTION_VARIABLES.map((name) => [name, ""]),
);

/** For the `--help` of each program that talks to Kafka. */
export const kafkaConnectionUsage = `  KAFKA_SSL          true: connect by TLS (default: false)
  KAFKA_SSL_CA       PEM file of the authorities to trust (default: Node's)
  KAFKA_SSL_CERT     PEM file of this client's certificate
  KAFKA_SSL_KEY      PEM file of its private key; KAFKA_SSL_KEY_PASSWORD where
                     it is encrypted
  KAFKA_SASL_MECHANISM
                     PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with
                     KAFKA_SASL_USERNAME, and KAFKA_SASL_PASSWORD or
                     KAFKA_SASL_PASSWORD_FILE; OAUTHBEARER, with
                     KAFKA_SASL_TOKEN_COMMAND, which prints a token;
                     or AWS_MSK_IAM, with AWS_REGION
`;

type Environment = Readonly<Record<string, string | undefined>>;
type Variable = (typeof KAFKA_CONNECTION_VARIABLES)[number];
type Values = Readonly<Partial<Record<Variable, string>>>;

const MECHANISMS = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM";

/**
 * Reads the variables and the files that they name; undefined where none is set. A blank variable counts as unset.
 *
 * @throws AddressError `bad-connection`: one sentence that names the variable, and holds no secret
 */
export async function readKafkaConnection(env: Environment): Promise<KafkaConnection | undefined> {
  const values: Values = Object.fromEntries(
    KAFKA_CONNECTION_VARIABLES.flatMap((name) => {
      const value = env[name];
      return value === undefined || value.trim() === "" ? [] : [[name, value]];
    }),
  );
  if (Object.keys(values).length === 0) return undefined;
  const ssl = await readTls(values);
  const sasl = await readSasl(values, env);
  return { ssl, ...(sasl !== undefined && { sasl }) };
}

async function readTls(values: Values): Promise<NonNullable<KafkaConnection["ssl"]>> {
  const { KAFKA_SSL: given = "false", KAFKA_SSL_KEY_PASSWORD: passphrase } = values;
  if (given !== "true" && given !== "false")
    throw wrong(`KAFKA_SSL got ${JSON.stringify(given)}; it takes true or false.`);
  const extra = given === "true" ? undefined : firstSet(values, "KAFKA_SSL_");
  if (extra !== undefined) throw wrong(`${extra} is set, but KAFKA_SSL is not true: set both or neither.`);
  if (given === "false") return false;
  needs(values, "KAFKA_SSL_CERT", "KAFKA_SSL_KEY");
  needs(values, "KAFKA_SSL_KEY", "KAFKA_SSL_CERT");
  needs(values, "KAFKA_SSL_KEY_PASSWORD", "KAFKA_SSL_KEY");
  const ca = await readCertificates(values, "KAFKA_SSL_CA");
  const cert = await readCertificates(values, "KAFKA_SSL_CERT");
  const key = await readGiven(values, "KAFKA_SSL_KEY");
  if (ca === undefined && cert === undefined) return true;
  const options = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(passphrase !== undefined && { passphrase }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw wrong(`KAFKA_SSL_KEY ${explainKey(error, passphrase !== undefined)}.`);
  }
  return options;
}

function explainKey(error: unknown, hasPassphrase: boolean): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code.includes("KEY_VALUES_MISMATCH")) return "is not the key of the certificate in KAFKA_SSL_CERT";
  if (/BAD_DECRYPT|PKCS12|CIPHERFINAL|INTERRUPTED_OR_CANCELLED|PASSPHRASE|PASSWORD/i.test(code)) {
    return hasPassphrase
      ? "cannot be decrypted with KAFKA_SSL_KEY_PASSWORD"
      : "is encrypted, and KAFKA_SSL_KEY_PASSWORD is not set";
  }
  return `holds no private key in PEM that can be used${code === "" ? "" : ` (${code})`}`;
}

async function readCertificates(values: Values, name: Variable): Promise<string | undefined> {
  const text = await readGiven(values, name);
  if (text === undefined) return undefined;
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw wrong(`${name} names ${String(values[name])}, which holds no certificate in PEM.`);
  try {
    found.map((certificate) => new X509Certificate(certificate));
  } catch {
    throw wrong(`${name} names ${String(values[name])}, which holds a certificate that cannot be read.`);
  }
  return text;
}

async function readSasl(values: Values, env: Environment): Promise<KafkaConnection["sasl"]> {
  const mechanism = values.KAFKA_SASL_MECHANISM?.toLowerCase();
  if (mechanism === undefined) {
    const extra = firstSet(values, "KAFKA_SASL_");
    if (extra === undefined) return undefined;
    throw wrong(`${extra} is set, but KAFKA_SASL_MECHANISM is not; it takes ${MECHANISMS}.`);
  }
  if (mechanism === "plain" || mechanism === "scram-sha-256" || mechanism === "scram-sha-512") {
    refuseBeside(values, ["KAFKA_SASL_TOKEN_COMMAND"]);
    // kafkajs's types want one literal.
    return { mechanism: mechanism as "plain", ...(await readUser(values)) };
  }
  refuseBeside(values, ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE"]);
  if (mechanism === "oauthbearer") {
    const { KAFKA_SASL_TOKEN_COMMAND: command } = values;
    if (command === undefined) throw wrong("KAFKA_SASL_MECHANISM=OAUTHBEARER needs KAFKA_SASL_TOKEN_COMMAND.");
    return { mechanism, oauthBearerProvider: createTokenCommand(command) };
  }
  if (mechanism === "aws_msk_iam") {
    refuseBeside(values, ["KAFKA_SASL_TOKEN_COMMAND"]);
    if (values.KAFKA_SSL !== "true") throw wrong("KAFKA_SASL_MECHANISM=AWS_MSK_IAM needs KAFKA_SSL=true.");
    return { mechanism: "oauthbearer", oauthBearerProvider: await createMskTokens(env) };
  }
  const got = JSON.stringify(values.KAFKA_SASL_MECHANISM);
  throw wrong(`KAFKA_SASL_MECHANISM got ${got}; it takes ${MECHANISMS}.`);
}

async function readUser(values: Values): Promise<{ readonly username: string; readonly password: string }> {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: given } = values;
  if (username === undefined) throw wrong(`KAFKA_SASL_MECHANISM=${mechanism} needs KAFKA_SASL_USERNAME.`);
  if (given !== undefined && values.KAFKA_SASL_PASSWORD_FILE !== undefined) {
    throw wrong("KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set: set one of them.");
  }
  // Editors and `echo` end a file with a line break.
  const password = given ?? (await readGiven(values, "KAFKA_SASL_PASSWORD_FILE"))?.replace(/\r?\n$/, "");
  if (password === undefined) {
    throw wrong(`KAFKA_SASL_MECHANISM=${mechanism} needs KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE.`);
  }
  if (password === "")
    throw wrong(`KAFKA_SASL_PASSWORD_FILE names ${values.KAFKA_SASL_PASSWORD_FILE}, which is empty.`);
  return { username, password };
}

async function readGiven(values: Values, name: Variable): Promise<string | undefined> {
  const path = values[name];
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw wrong(`${name} names ${path}, which cannot be read (${String((error as NodeJS.ErrnoException).code)}).`);
  }
}

function needs(values: Values, name: Variable, other: Variable): void {
  if (values[name] !== undefined && values[other] === undefined) throw wrong(`${name} is set, but needs ${other}.`);
}

function refuseBeside(values: Values, names: readonly Variable[]): void {
  const extra = names.find((name) => values[name] !== undefined);
  if (extra === undefined) return;
  throw wrong(`${extra} is set, but KAFKA_SASL_MECHANISM=${values.KAFKA_SASL_MECHANISM} does not use it.`);
}

const firstSet = (values: Values, prefix: string): string | undefined =>
  KAFKA_CONNECTION_VARIABLES.find((name) => name.startsWith(prefix) && values[name] !== undefined);

const wrong = (message: string): AddressError => new AddressError("bad-connection", message);
