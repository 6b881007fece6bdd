import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAddress } from "@tidemark/sinks/address";
import { expect, expectTypeOf, test, vi } from "vitest";
import { findAddresses } from "../src/finder.js";
import { writeStackFile } from "../src/stack-file.js";
import { deadPid, temporaryDirectory } from "./workspace.js";

const stack = {
  pid: process.pid,
  kafkaBrokers: ["127.0.0.1:19092"],
  databaseUrl: "postgresql://postgres:secret@127.0.0.1:15432/tidemark",
};
const env = { KAFKA_BROKERS: "own:9092", DATABASE_URL: "postgresql://own/db" };
const both = ["kafka", "postgres"] as const;

async function rootWithStack(written: Parameters<typeof writeStackFile>[1]): Promise<string> {
  const root = await temporaryDirectory();
  await mkdir(join(root, ".tidemark"));
  await writeStackFile(join(root, ".tidemark"), written);
  return root;
}

test("addresses from the environment need no stack", async () => {
  expect(await findAddresses({ env, need: both, root: "/nowhere" })).toEqual({
    kafkaBrokers: ["own:9092"],
    databaseUrl: "postgresql://own/db",
    stackPid: undefined,
  });
});

test("what the environment doesn't say comes from the running stack", async () => {
  const root = await rootWithStack(stack);
  expect(await findAddresses({ env: { KAFKA_BROKERS: "own:9092", DATABASE_URL: " " }, need: both, root })).toEqual({
    kafkaBrokers: ["own:9092"],
    databaseUrl: `${stack.databaseUrl}?sslmode=disable&complete=true`,
    stackPid: process.pid,
  });
});

test("TIDEMARK_DIR says where the stack is, seen from the root", async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, "elsewhere"));
  await writeStackFile(join(root, "elsewhere"), stack);
  const found = await findAddresses({ env: { TIDEMARK_DIR: "elsewhere" }, need: ["kafka"], root });
  expect(found.kafkaBrokers).toEqual(stack.kafkaBrokers);
  expectTypeOf(found).not.toHaveProperty("databaseUrl");
});

test("a variable that isn't needed isn't looked at", async () => {
  const found = await findAddresses({ env: { ...env, DATABASE_URL: "nonsense" }, need: ["kafka"], root: "/nowhere" });
  expect(found.kafkaBrokers).toEqual(["own:9092"]);
});

test("a variable with something else in it is refused at once", async () => {
  await expect(
    findAddresses({ env: { ...env, KAFKA_BROKERS: "nonsense" }, need: both, root: "/nowhere" }),
  ).rejects.toMatchObject({ code: "bad-address" });
});

test("a stack that comes up later is waited for, and the waiting is told once", async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, ".tidemark"));
  const told: string[] = [];
  const found = findAddresses({
    env: {},
    need: both,
    root,
    onWait: (path) => {
      told.push(path);
      setTimeout(() => void writeStackFile(join(root, ".tidemark"), stack), 250);
    },
  });
  expect(await found).toMatchObject({ databaseUrl: `${stack.databaseUrl}?sslmode=disable&complete=true` });
  expect(told).toEqual([join(root, ".tidemark", "stack.json")]);
});

test("without a stack in time the error says how to get either", async () => {
  const root = await rootWithStack({ ...stack, pid: await deadPid() });
  await expect(findAddresses({ env: {}, need: both, root, waitMs: 150 })).rejects.toMatchObject({
    code: "no-address",
    message: expect.stringMatching(
      /Kafka and Postgres.*waited 0.15 s.*nx run stack:serve.*KAFKA_BROKERS.*DATABASE_URL/,
    ),
  });
  await expect(findAddresses({ env: { KAFKA_BROKERS: "own:1" }, need: both, root, waitMs: 0 })).rejects.toMatchObject({
    message: expect.not.stringContaining("KAFKA_BROKERS"),
  });
});

test("a stack that doesn't run the server is no reason to wait", async () => {
  const root = await rootWithStack({ pid: process.pid, databaseUrl: stack.databaseUrl });
  await expect(findAddresses({ env: {}, need: both, root })).rejects.toMatchObject({
    code: "no-address",
    message: expect.stringMatching(/^no address for Kafka: .*Set KAFKA_BROKERS .* here as well/),
  });
});

test("waiting ends with the signal", async () => {
  const controller = new AbortController();
  const found = findAddresses({ env: {}, need: both, root: "/nowhere", signal: controller.signal });
  controller.abort(new Error("stopped"));
  await expect(found).rejects.toThrow("stopped");
});

test("no PG* variable has a part in the stack's address, also one that is not supported", async () => {
  for (const [name, value] of Object.entries({ PGHOST: "elsewhere", PGSSLMODE: "require", PGSERVICE: "other" })) {
    vi.stubEnv(name, value);
  }
  const root = await rootWithStack(stack);
  const { databaseUrl } = await findAddresses({ env: {}, need: ["postgres"], root });
  expect(parseAddress(databaseUrl)).toMatchObject({
    endpoints: [{ host: "127.0.0.1", hostaddr: undefined, port: 15_432, password: "secret" }],
    tls: undefined,
    options: undefined,
  });
  vi.unstubAllEnvs();
});
