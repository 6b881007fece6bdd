import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSource, readClusterId, readOffsets, type KafkaConnection, type SourceError } from "@tidemark/sources";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createGrantedTopic, PASSWORDS, startSecuredKafka, type SecuredKafka } from "./secured-kafka.js";

const TOPIC = "granted";
const RECORDS = 100;

let directory: string;
let secured: SecuredKafka;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-security-"));
  secured = await startSecuredKafka(directory);
  const { address } = secured.kafka;
  await createGrantedTopic(address, TOPIC, "readers");
  const producer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, messages: Array.from({ length: RECORDS }, (_, n) => ({ value: `${n}` })) });
  await producer.disconnect();
});

afterAll(async () => {
  await secured.kafka.kill();
  rmSync(directory, { recursive: true, force: true });
});

type Mechanism = "plain" | "scram-sha-256" | "scram-sha-512";

const trusting = (extra: object = {}): KafkaConnection => ({
  ssl: { ca: readFileSync(secured.authority, "utf8"), ...extra },
});
const login = (username: keyof typeof PASSWORDS, mechanism: Mechanism, password: string = PASSWORDS[username]) => ({
  sasl: { mechanism: mechanism as "plain", username, password },
});
const certificateOf = ({ cert, key }: SecuredKafka["client"]) => ({
  cert: readFileSync(cert, "utf8"),
  key: readFileSync(key, "utf8"),
});

async function readAll(listener: string, connection: KafkaConnection, group = "readers"): Promise<number> {
  let read = 0;
  const source = createSource({
    brokers: [secured.address(listener)],
    connection,
    topic: TOPIC,
    group,
    claim: async () => ({
      nextOffset: 0,
      async accept(batch) {
        read += batch.records.length;
        if (batch.nextOffset === batch.logEndOffset) void source.stop();
      },
      async close() {},
    }),
  });
  onTestFinished(() => source.stop());
  await source.start();
  await source.done;
  return read;
}

describe("every record is read", () => {
  test.each<[string, () => KafkaConnection]>([
    ["ENCRYPTED", () => trusting()],
    ["MUTUAL", () => trusting(certificateOf(secured.client))],
    ["USERS", () => login("alice", "plain")],
    ["USERS", () => login("alice", "scram-sha-256")],
    ["SECURE", () => ({ ...trusting(), ...login("alice", "plain") })],
    ["SECURE", () => ({ ...trusting(), ...login("alice", "scram-sha-512") })],
  ])("by the listener %s", async (listener, connection) => {
    expect(await readAll(listener, connection())).toBe(RECORDS);
  });
});

describe("a failure says which part failed", () => {
  interface Failure {
    readonly what: string;
    readonly listener: string;
    readonly connection: () => KafkaConnection;
    readonly code: string;
    readonly says: string;
  }
  const failures: readonly Failure[] = [
    {
      what: "a plaintext client on a port with TLS",
      listener: "ENCRYPTED",
      connection: () => ({}),
      code: "wrong-protocol",
      says: "speaks TLS on this port, and this client does not",
    },
    {
      what: "a TLS client on a plaintext port",
      listener: "PLAINTEXT",
      connection: () => trusting(),
      code: "wrong-protocol",
      says: "does not speak TLS on this port",
    },
    {
      what: "no user on a port with SASL",
      listener: "USERS",
      connection: () => ({}),
      code: "wrong-protocol",
      says: "asks for SASL authentication (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and this client has none",
    },
    {
      what: "no user on a port with TLS and SASL",
      listener: "SECURE",
      connection: () => trusting(),
      code: "wrong-protocol",
      says: "asks for SASL authentication",
    },
    {
      what: "a user on a port without SASL",
      listener: "ENCRYPTED",
      connection: () => ({ ...trusting(), ...login("alice", "plain") }),
      code: "wrong-protocol",
      says: "takes no SASL authentication",
    },
    {
      what: "an unknown authority",
      listener: "ENCRYPTED",
      connection: () => ({ ssl: { ca: readFileSync(secured.otherAuthority, "utf8") } }),
      code: "bad-certificate",
      says: "is signed by an authority that is not known here",
    },
    {
      what: "another host name",
      listener: "MISNAMED",
      connection: () => trusting(),
      code: "bad-certificate",
      says: "is for another host name",
    },
    {
      what: "an expired certificate",
      listener: "EXPIRED",
      connection: () => trusting(),
      code: "bad-certificate",
      says: "has expired",
    },
    {
      what: "no certificate of the client",
      listener: "MUTUAL",
      connection: () => trusting(),
      code: "bad-certificate",
      says: "does not accept this client's certificate, or was given none",
    },
    {
      what: "a client's certificate of another authority",
      listener: "MUTUAL",
      connection: () => trusting(certificateOf(secured.strangeClient)),
      code: "bad-certificate",
      says: "does not accept this client's certificate, or was given none",
    },
    {
      what: "a wrong password by PLAIN",
      listener: "USERS",
      connection: () => login("alice", "plain", PASSWORDS.mallory),
      code: "bad-credentials",
      says: 'does not accept the user "alice" with this password (SASL PLAIN)',
    },
    {
      what: "a wrong password by SCRAM",
      listener: "SECURE",
      connection: () => ({ ...trusting(), ...login("alice", "scram-sha-512", PASSWORDS.mallory) }),
      code: "bad-credentials",
      says: 'does not accept the user "alice" with this password (SASL SCRAM-SHA-512)',
    },
    {
      what: "a mechanism that is not enabled",
      listener: "USERS",
      connection: () => ({ sasl: { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: "token" }) } }),
      code: "bad-mechanism",
      says: "does not offer the SASL mechanism OAUTHBEARER, but PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
    },
    {
      what: "a topic without an ACL for the user",
      listener: "USERS",
      connection: () => login("mallory", "plain"),
      code: "not-authorized",
      says: 'does not authorize the user "mallory" for the topic "granted"',
    },
  ];

  test.each(failures)("$what", async ({ listener, connection, code, says }) => {
    const address = secured.address(listener);
    const failed = await readOffsets([address], TOPIC, { connection: connection() }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, retryable: false, message: expect.stringContaining(says) as string });
    const { message } = failed as SourceError;
    expect(message).toContain(address);
    for (const password of Object.values(PASSWORDS)) expect(message).not.toContain(password);
  });

  test("a group without an ACL for the user", async () => {
    await expect(readAll("USERS", login("alice", "plain"), "others")).rejects.toMatchObject({
      code: "not-authorized",
      message: expect.stringContaining('does not authorize the user "alice" for the group "others"') as string,
    });
  });

  test("a name that cannot be resolved, which may pass", async () => {
    await expect(readClusterId(["kafka.invalid:9092"])).rejects.toMatchObject({
      code: "unreachable",
      retryable: true,
      message: expect.stringContaining(
        "The host name of the Kafka broker kafka.invalid:9092 cannot be resolved",
      ) as string,
    });
  });

  test("nobody on the port, which may pass", async () => {
    await expect(readClusterId(["127.0.0.1:1"], { connection: trusting() })).rejects.toMatchObject({
      code: "unreachable",
      retryable: true,
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });
});
