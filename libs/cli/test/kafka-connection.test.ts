import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AddressError } from "../src/errors.js";
import { findAddresses } from "../src/finder.js";
import { readKafkaConnection } from "../src/kafka-connection.js";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let files: { readonly [Name in "cert" | "key" | "otherKey" | "lockedKey" | "text" | "empty" | "password"]: string };

describe.skipIf(!hasOpenssl)("the variables of a connection to Kafka", () => {
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
    const place = (name: string) => join(directory, name);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
    const key = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    openssl(...key, "-out", "key");
    openssl(...key, "-out", "otherKey");
    openssl("req", "-x509", "-key", "key", "-subj", "/CN=client", "-out", "cert");
    openssl("pkcs8", "-topk8", "-in", "key", "-passout", "pass:open-sesame", "-out", "lockedKey");
    await writeFile(place("text"), "no certificate\n");
    await writeFile(place("empty"), "\n");
    await writeFile(place("password"), "s3cret\n");
    const names = ["cert", "key", "otherKey", "lockedKey", "text", "empty", "password"] as const;
    files = Object.fromEntries(names.map((name) => [name, place(name)])) as typeof files;
    return () => rm(directory, { recursive: true, force: true });
  });

  const user = { KAFKA_SASL_MECHANISM: "SCRAM-SHA-512", KAFKA_SASL_USERNAME: "alice" };

  test("without a variable there is no connection to describe", async () => {
    expect(await readKafkaConnection({ KAFKA_BROKERS: "own:9092", KAFKA_SSL: " " })).toBeUndefined();
  });

  test("TLS alone trusts what Node trusts", async () => {
    expect(await readKafkaConnection({ KAFKA_SSL: "true" })).toEqual({ ssl: true });
  });

  test("the files' text becomes the connection, and the line break at the password's end is none of it", async () => {
    const { cert, key, lockedKey, password } = files;
    const tls = { KAFKA_SSL: "true", KAFKA_SSL_CA: cert, KAFKA_SSL_CERT: cert };
    expect(
      await readKafkaConnection({ ...tls, KAFKA_SSL_KEY: key, ...user, KAFKA_SASL_PASSWORD_FILE: password }),
    ).toEqual({
      ssl: {
        ca: expect.stringContaining("BEGIN CERTIFICATE") as string,
        cert: expect.stringContaining("BEGIN CERTIFICATE") as string,
        key: expect.stringContaining("BEGIN PRIVATE KEY") as string,
      },
      sasl: { mechanism: "scram-sha-512", username: "alice", password: "s3cret" },
    });
    const locked = { ...tls, KAFKA_SSL_KEY: lockedKey, KAFKA_SSL_KEY_PASSWORD: "open-sesame" };
    expect(await readKafkaConnection(locked)).toMatchObject({ ssl: { passphrase: "open-sesame" } });
  });

  test("a token comes from the command", async () => {
    const connection = await readKafkaConnection({
      KAFKA_SASL_MECHANISM: "OAUTHBEARER",
      KAFKA_SASL_TOKEN_COMMAND: "echo to; echo ken | tail -0",
    });
    const { sasl } = connection as { sasl: { oauthBearerProvider: () => Promise<{ value: string }> } };
    expect(await sasl.oauthBearerProvider()).toEqual({ value: "to" });
  });

  describe("a wrong combination is refused in one sentence", () => {
    const cases: readonly (readonly [string, () => Record<string, string>])[] = [
      ['KAFKA_SSL got "yes"; it takes true or false.', () => ({ KAFKA_SSL: "yes" })],
      ["KAFKA_SSL_CA is set, but KAFKA_SSL is not true: set both or neither.", () => ({ KAFKA_SSL_CA: files.cert })],
      ["KAFKA_SSL_CERT is set, but needs KAFKA_SSL_KEY.", () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: files.cert })],
      ["KAFKA_SSL_KEY is set, but needs KAFKA_SSL_CERT.", () => ({ KAFKA_SSL: "true", KAFKA_SSL_KEY: files.key })],
      [
        "KAFKA_SSL_CA names /nowhere/ca.pem, which cannot be read (ENOENT).",
        () => ({ KAFKA_SSL: "true", KAFKA_SSL_CA: "/nowhere/ca.pem" }),
      ],
      ["which holds no certificate in PEM.", () => ({ KAFKA_SSL: "true", KAFKA_SSL_CA: files.text })],
      [
        "KAFKA_SSL_KEY is not the key of the certificate in KAFKA_SSL_CERT.",
        () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: files.cert, KAFKA_SSL_KEY: files.otherKey }),
      ],
      [
        "KAFKA_SSL_KEY holds no private key in PEM that can be used",
        () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: files.cert, KAFKA_SSL_KEY: files.text }),
      ],
      [
        "KAFKA_SSL_KEY is encrypted, and KAFKA_SSL_KEY_PASSWORD is not set.",
        () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: files.cert, KAFKA_SSL_KEY: files.lockedKey }),
      ],
      [
        "KAFKA_SSL_KEY cannot be decrypted with KAFKA_SSL_KEY_PASSWORD.",
        () => ({
          KAFKA_SSL: "true",
          KAFKA_SSL_CERT: files.cert,
          KAFKA_SSL_KEY: files.lockedKey,
          KAFKA_SSL_KEY_PASSWORD: "s3cret",
        }),
      ],
      ["KAFKA_SASL_PASSWORD is set, but KAFKA_SASL_MECHANISM is not;", () => ({ KAFKA_SASL_PASSWORD: "s3cret" })],
      ['KAFKA_SASL_MECHANISM got "GSSAPI"; it takes PLAIN,', () => ({ KAFKA_SASL_MECHANISM: "GSSAPI" })],
      [
        "KAFKA_SASL_MECHANISM=PLAIN needs KAFKA_SASL_USERNAME.",
        () => ({ KAFKA_SASL_MECHANISM: "PLAIN", KAFKA_SASL_PASSWORD: "s3cret" }),
      ],
      ["needs KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE.", () => user],
      [
        "KAFKA_SASL_PASSWORD and KAFKA_SASL_PASSWORD_FILE are both set: set one of them.",
        () => ({ ...user, KAFKA_SASL_PASSWORD: "s3cret", KAFKA_SASL_PASSWORD_FILE: files.password }),
      ],
      ["which is empty.", () => ({ ...user, KAFKA_SASL_PASSWORD_FILE: files.empty })],
      [
        "KAFKA_SASL_TOKEN_COMMAND is set, but KAFKA_SASL_MECHANISM=SCRAM-SHA-512 does not use it.",
        () => ({ ...user, KAFKA_SASL_PASSWORD: "s3cret", KAFKA_SASL_TOKEN_COMMAND: "echo s3cret" }),
      ],
      [
        "KAFKA_SASL_MECHANISM=OAUTHBEARER needs KAFKA_SASL_TOKEN_COMMAND.",
        () => ({ KAFKA_SASL_MECHANISM: "OAUTHBEARER" }),
      ],
      [
        "KAFKA_SASL_MECHANISM=AWS_MSK_IAM needs AWS_REGION.",
        () => ({ KAFKA_SSL: "true", KAFKA_SASL_MECHANISM: "AWS_MSK_IAM" }),
      ],
      [
        "KAFKA_SASL_MECHANISM=AWS_MSK_IAM needs the package aws-msk-iam-sasl-signer-js: install it",
        () => ({ KAFKA_SSL: "true", KAFKA_SASL_MECHANISM: "AWS_MSK_IAM", AWS_REGION: "eu-west-1" }),
      ],
    ];

    test.each(cases)("%s", async (sentence, env) => {
      const failed = await readKafkaConnection(env()).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(AddressError);
      const { code, message } = failed as AddressError;
      expect(code).toBe("bad-connection");
      expect(message).toContain(sentence);
      expect(message.match(/\. |\.$/g)).toHaveLength(1);
      expect(message).not.toMatch(/s3cret|open-sesame/);
    });
  });

  test("the stack's Kafka takes neither TLS nor SASL", async () => {
    const env = { KAFKA_SSL: "true" };
    await expect(findAddresses({ env, need: ["kafka"], root: "/nowhere", waitMs: 0 })).rejects.toMatchObject({
      code: "bad-connection",
      message: expect.stringContaining("KAFKA_BROKERS is not") as string,
    });
    expect(
      await findAddresses({ env: { ...env, KAFKA_BROKERS: "own:9092" }, need: ["kafka"], root: "/nowhere" }),
    ).toEqual({
      kafkaBrokers: ["own:9092"],
      kafkaConnection: { ssl: true },
      stackPid: undefined,
    });
  });
});
