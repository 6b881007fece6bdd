import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { startProxy, type Fate } from "@tidemark/testkit/proxy";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { makeReader } from "../src/reader-role.js";
import { query } from "./pipeline.js";

const name = "grafana_reader";

let directory: string;
let postgres: EmbeddedPostgres;
/** Of a database of its own, and no superuser, as on a managed Postgres. */
let ownerUrl: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-reader-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  postgres = await startPostgres({ dataDir: join(directory, "data"), settings: { fsync: "off" } });
  await query(postgres.databaseUrl, "CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'own'");
  await query(postgres.databaseUrl, "CREATE DATABASE owned OWNER owner");
  ownerUrl = addressOf("owner", "own");
});
afterAll(async () => {
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
});

function addressOf(user: string, password: string): string {
  const url = new URL(postgres.databaseUrl);
  url.username = user;
  url.password = encodeURIComponent(password);
  url.pathname = "/owned";
  return url.href;
}

function keep(sent: Buffer[], chunk: Buffer): Fate {
  sent.push(Buffer.from(chunk));
  return "pass";
}

it("an owner who is no superuser makes tables and reader, and a second time gives it another password", async () => {
  await makeReader(ownerUrl, { name, password: "it's the first" });
  const first = addressOf(name, "it's the first");
  expect(await query(first, "SELECT count(*)::int FROM socmed_5s")).toEqual([{ count: 0 }]);
  await makeReader(ownerUrl, { name, password: "another" });
  expect(await query(addressOf(name, "another"), "SELECT current_user")).toEqual([{ current_user: name }]);
  await expect(query(first, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
});

it("the password is in nothing that is sent, and logs in whatever its characters are", async () => {
  const password = "p\u00e4ss\u00a0w\u00f6rd \ufb01 it's";
  const sent: Buffer[] = [];
  const proxy = await startProxy(Number(new URL(ownerUrl).port), () => ({ fromClient: (chunk) => keep(sent, chunk) }));
  onTestFinished(() => proxy.close());
  await makeReader(proxy.through(ownerUrl), { name, password });
  expect(Buffer.concat(sent).toString()).toContain("PASSWORD 'SCRAM-SHA-256$4096:");
  expect(Buffer.concat(sent).includes("w\u00f6rd")).toBe(false);
  expect(await query(addressOf(name, password), "SELECT current_user")).toEqual([{ current_user: name }]);
});

it("a server that takes a password only as it is gets it so", async () => {
  const refusal = "DO $$ BEGIN RAISE 'Neon only supports being given plaintext passwords'; END $$";
  let refused = 0;
  const refuse = (chunk: Buffer): Fate => {
    const at = chunk.indexOf("ALTER ROLE");
    const end = chunk.indexOf(0, at);
    if (at === -1 || !chunk.includes("SCRAM-SHA-256$")) return "pass";
    refused += 1;
    chunk.fill(" ", at, end).write(refusal, at);
    return "pass";
  };
  const proxy = await startProxy(Number(new URL(ownerUrl).port), () => ({ fromClient: refuse }));
  onTestFinished(() => proxy.close());
  await makeReader(proxy.through(ownerUrl), { name, password: "as it is" });
  expect(refused).toBe(1);
  expect(await query(addressOf(name, "as it is"), "SELECT current_user")).toEqual([{ current_user: name }]);
});

it("says which role could not be made, where, and why, without a password", async () => {
  const making = makeReader(addressOf("owner", "s3cret"), { name, password: "an0ther" });
  const error: unknown = await making.catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "no-reader",
    message: expect.stringMatching(/grafana_reader.*owner@127.0.0.1.*authentication/),
  });
  expect(String(error)).not.toMatch(/s3cret|an0ther/);
});
