import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command, run } from "./processes.js";
import { createGrantedTopic, PASSWORDS, startSecuredKafka, type SecuredKafka } from "./secured-kafka.js";

const TOPIC = "socmed-events";
const STREAM = ["--scenario=deck", "--seed=1", "--events=500", "--rate=max"];

let directory: string;
let secured: SecuredKafka;
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-programs-"));
  postgres = await startPostgres({ dataDir: join(directory, "postgres") });
  secured = await startSecuredKafka(directory);
  await createGrantedTopic(secured.kafka.address, TOPIC, "tidemark");
});

afterAll(async () => {
  await secured.kafka.kill();
  await postgres.close();
  rmSync(directory, { recursive: true, force: true });
});

const produce = command("../../apps/producer/src/main.ts");
const consume = command("../../apps/consumer/src/main.ts");
const verify = command("../../tools/verify/src/main.ts");

/** Runs a program to its end, with the variables of a user on a listener. */
async function finish(words: readonly string[], listener: string, variables: Readonly<Record<string, string>>) {
  const running = run(words, {
    KAFKA_BROKERS: secured.address(listener),
    KAFKA_TOPIC: TOPIC,
    DATABASE_URL: postgres.databaseUrl,
    ...variables,
  });
  const code = await running.exited;
  const said = running.stdout() + running.stderr();
  for (const password of Object.values(PASSWORDS)) expect(said).not.toContain(password);
  return { code, said };
}

const asAlice = () => {
  const file = join(directory, "password");
  writeFileSync(file, `${PASSWORDS.alice}\n`);
  return {
    KAFKA_SSL: "true",
    KAFKA_SSL_CA: secured.authority,
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
    KAFKA_SASL_USERNAME: "alice",
    KAFKA_SASL_PASSWORD_FILE: file,
  };
};

test("producer, consumer and verify do their work by TLS and SCRAM, with no more than ACLs for topic and groups", async () => {
  const variables = asAlice();
  const produced = await finish([...produce, ...STREAM], "SECURE", variables);
  expect(produced, produced.said).toMatchObject({ code: 0 });
  const consumed = await finish([...consume, "--until-caught-up"], "SECURE", variables);
  expect(consumed, consumed.said).toMatchObject({ code: 0 });
  const verified = await finish([...verify, ...STREAM], "SECURE", variables);
  expect(verified, verified.said).toMatchObject({ code: 0 });
  expect(verified.said).toContain("\nEqual.");
});

test("they do it with a certificate of the client", async () => {
  const { cert: KAFKA_SSL_CERT, key: KAFKA_SSL_KEY } = secured.client;
  const variables = { KAFKA_SSL: "true", KAFKA_SSL_CA: secured.authority, KAFKA_SSL_CERT, KAFKA_SSL_KEY };
  const verified = await finish([...verify, ...STREAM], "MUTUAL", variables);
  expect(verified, verified.said).toMatchObject({ code: 0 });
});

const programs = [
  ["producer", [...produce, ...STREAM]],
  ["consumer", consume],
  ["verify", verify],
] as const;

test.each(programs)(
  "%s ends with 2 and a sentence that names the variables, at what waiting cannot help",
  async (_, words) => {
    const wrongPassword = {
      ...asAlice(),
      KAFKA_SASL_PASSWORD_FILE: "",
      KAFKA_SASL_PASSWORD: PASSWORDS.mallory,
    };
    const refused = await finish(words, "SECURE", wrongPassword);
    expect(refused, refused.said).toMatchObject({ code: 2 });
    expect(refused.said).toContain('does not accept the user "alice" with this password (SASL SCRAM-SHA-512): check');
    expect(refused.said).not.toMatch(/\n +at /);

    const untrusted = await finish(words, "SECURE", { ...asAlice(), KAFKA_SSL_CA: secured.otherAuthority });
    expect(untrusted, untrusted.said).toMatchObject({ code: 2 });
    expect(untrusted.said).toContain(
      "is signed by an authority that is not known here: check KAFKA_BROKERS, KAFKA_SSL_CA",
    );

    const plaintext = await finish(words, "SECURE", {});
    expect(plaintext, plaintext.said).toMatchObject({ code: 2 });
    expect(plaintext.said).toContain(
      "speaks TLS on this port, and this client does not: check KAFKA_BROKERS, KAFKA_SSL",
    );
  },
);
