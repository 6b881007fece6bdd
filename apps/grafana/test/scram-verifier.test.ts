import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { temporaryDirectory } from "@tidemark/testkit";
import { Client, escapeLiteral } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { scramVerifier } from "../src/scram-verifier.js";

const passwords = [
  "plain",
  'it\'s \\ $$ "quoted"',
  "non-breaking\u00a0space and \u2003 another",
  "soft\u00adhyphen, joiner\u200d, selector\ufe0f",
  "\ufb01gure \u00bd \u2168 \u212b",
  "cafe\u0301",
  "\u05d0\u05d1 right to left",
  "a bell \u0007, which SASLprep forbids, and \ufb01",
  "\u{1f600} is younger than SASLprep, and \ufb01",
  "x".repeat(300),
];

it("a verifier is the one that Postgres makes of the password, for its salt and iterations", async () => {
  const directory = await temporaryDirectory("scram");
  await chmod(directory, 0o755);
  const postgres = await startPostgres({ dataDir: join(directory, "data"), settings: { fsync: "off" } });
  onTestFinished(() => postgres.close());
  const client = new Client(postgres.databaseUrl);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("CREATE ROLE verified; SET password_encryption = 'scram-sha-256'");
  for (const password of passwords) {
    await client.query(`ALTER ROLE verified PASSWORD ${escapeLiteral(password)}`);
    const { rows } = await client.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'verified'");
    const stored = String(rows[0]?.rolpassword);
    const [iterations = "", salt = ""] = stored.split("$")[1]?.split(":") ?? [];
    const options = { iterations: Number(iterations), salt: Buffer.from(salt, "base64") };
    expect(scramVerifier(password, options), password).toBe(stored);
  }
});
