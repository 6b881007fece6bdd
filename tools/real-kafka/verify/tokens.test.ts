import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { createSource, readOffsets, type KafkaConnection } from "@tidemark/sources";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createCertificates, readCertificate, startRealKafka, type RealKafka } from "../src/index.js";
import { command, run, until } from "./processes.js";

const TOPIC = "socmed-events";
const STREAM = ["--scenario=deck", "--seed=1", "--events=500", "--rate=max"];
/** kafkajs authenticates 10 s before this, which here is after each second. */
const REAUTHENTICATE_MS = 11_000;

let directory: string;
let kafka: RealKafka;
let postgres: EmbeddedPostgres;
let authority: string;
let address: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-tokens-"));
  postgres = await startPostgres({ dataDir: join(directory, "postgres") });
  const make = createCertificates(directory);
  authority = make.authority("authority");
  kafka = await startRealKafka({
    dataDir: join(directory, "kafka"),
    security: {
      certificate: readCertificate(make.signed("broker", "authority", "IP:127.0.0.1")),
      users: {},
      mechanisms: ["OAUTHBEARER"],
      reauthenticateMs: REAUTHENTICATE_MS,
      listeners: [{ name: "TOKENS", protocol: "SASL_SSL" }],
    },
  });
  address = `127.0.0.1:${kafka.securePort("TOKENS")}`;
});

afterAll(async () => {
  await kafka.kill();
  await postgres.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A JWT without a signature. */
function tokenOf(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

const seconds = () => Date.now() / 1000;
const forSeconds = (lifetime: number) => ({ sub: "alice", iat: seconds() - 60, exp: seconds() + lifetime });

const withToken = (give: () => string): KafkaConnection => ({
  ssl: { ca: readFileSync(authority, "utf8") },
  sasl: { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: give() }) },
});

/** A command that prints a new token with each run. */
function tokenCommand(name: string, claims: string): string {
  const file = join(directory, `${name}.mjs`);
  const part = "const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');";
  const now = "const now = Date.now() / 1000;";
  writeFileSync(file, `${part} ${now} console.log(part({ alg: "none" }) + "." + part(${claims}) + ".");`);
  return `'${process.execPath}' '${file}'`;
}

async function finish(words: readonly string[], tokens: string) {
  const running = run(words, {
    KAFKA_BROKERS: address,
    KAFKA_TOPIC: TOPIC,
    DATABASE_URL: postgres.databaseUrl,
    KAFKA_SSL: "true",
    KAFKA_SSL_CA: authority,
    KAFKA_SASL_MECHANISM: "OAUTHBEARER",
    KAFKA_SASL_TOKEN_COMMAND: tokens,
  });
  const code = await running.exited;
  return { code, said: running.stdout() + running.stderr() };
}

const produce = [...command("../../apps/producer/src/main.ts"), ...STREAM];
const consume = [...command("../../apps/consumer/src/main.ts"), "--until-caught-up"];
const verify = [...command("../../tools/verify/src/main.ts"), ...STREAM];

test("producer, consumer and verify do their work by TLS and the tokens of a command", async () => {
  const tokens = tokenCommand("valid", "{ sub: 'alice', iat: now - 60, exp: now + 3600 }");
  for (const words of [produce, consume, verify]) {
    const done = await finish(words, tokens);
    expect(done, done.said).toMatchObject({ code: 0 });
  }
});

test.each([
  ["producer", () => produce],
  ["consumer", () => consume],
  ["verify", () => verify],
])("%s ends with 2 and a sentence where the command's token has expired", async (_, words) => {
  const tokens = tokenCommand("expired", "{ sub: 'alice', iat: now - 7200, exp: now - 3600 }");
  const { code, said } = await finish(words(), tokens);
  expect(said).toContain("does not accept the token (SASL OAUTHBEARER)");
  expect(said).toContain("KAFKA_SASL_TOKEN_COMMAND");
  expect(said).not.toMatch(/\n +at /);
  expect(code, said).toBe(2);
});

test.each([
  ["has expired", () => tokenOf(forSeconds(-3600))],
  ["is no JWT", () => "opaque"],
  ["names nobody", () => tokenOf({ iat: seconds() - 60, exp: seconds() + 3600 })],
])("a token that %s is refused, and the sentence shows nothing of it", async (_, give) => {
  const token = give();
  const refused = await readOffsets([address], TOPIC, { connection: withToken(() => token) }).catch(
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({
    code: "bad-credentials",
    retryable: false,
    message: expect.stringContaining(`${address} does not accept the token (SASL OAUTHBEARER)`) as string,
  });
  expect((refused as Error).message).not.toContain(token);
});

test("a connection that has to authenticate again does so with a new token, and goes on", async () => {
  const producer = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).producer();
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "renewed", numPartitions: 1 }] });
  await admin.disconnect();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  let given = 0;
  let claims = 0;
  let read = 0;
  const source = createSource({
    brokers: [address],
    // Each token is good for 11 s at least, and the broker wants a new one by then.
    connection: withToken(() => {
      given += 1;
      return tokenOf(forSeconds(60));
    }),
    topic: "renewed",
    group: "renewed",
    claim: async () => {
      claims += 1;
      return {
        nextOffset: 0,
        async accept(batch) {
          read += batch.records.length;
        },
        async close() {},
      };
    },
  });
  onTestFinished(() => source.stop());
  await source.start();
  const send = () => producer.send({ topic: "renewed", messages: [{ value: "one" }] });
  await send();
  await until(() => read === 1);
  const first = given;
  const startMs = performance.now();
  // Past the time at which the broker ends connections that have not authenticated again.
  await until(() => given >= first + 3 && performance.now() - startMs > 2 * REAUTHENTICATE_MS);
  await send();
  await until(() => read === 2);
  expect(claims).toBe(1);
});
