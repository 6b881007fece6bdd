import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { isProcessAlive } from "@tidemark/cli";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, onTestFinished, test } from "vitest";
import { RealKafkaError, startRealKafka, type RealKafka } from "../src/index.js";
import { commandLineOf } from "../src/command-line.js";
import { temporaryDirectory } from "../test/workspace.js";
import { command, run, until, untilGone } from "./processes.js";

/** A Kafka that has ended when the test does. */
async function start(dataDir: string, port = 0): Promise<RealKafka> {
  const kafka = await startRealKafka({ dataDir, port });
  onTestFinished(() => kafka.kill());
  return kafka;
}

const clientOf = (address: string): Kafka =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 10 } });

async function produce(address: string, values: readonly string[]): Promise<void> {
  const producer = clientOf(address).producer({ allowAutoTopicCreation: false, idempotent: true });
  await producer.connect();
  await producer.send({ topic: "t", messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function consume(address: string, count: number): Promise<string[]> {
  const consumer = clientOf(address).consumer({ groupId: "g", maxWaitTimeInMs: 100 });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: "t", fromBeginning: true });
  await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void values.push(`${message.value}`) });
  await until(() => values.length >= count);
  await consumer.disconnect();
  return values;
}

/** What asks the cluster something. */
async function ask<T>(address: string, question: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
  const admin = clientOf(address).admin();
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}

const createTopic = (address: string) =>
  ask(address, (admin) => admin.createTopics({ topics: [{ topic: "t", numPartitions: 1 }] }));

describe("a real Kafka", () => {
  test("takes and gives records, and has them after an orderly end and after a kill", async () => {
    const dataDir = join(temporaryDirectory(), "made", "for it");
    const first = await start(dataDir);
    await createTopic(first.address);
    await produce(first.address, ["a", "b"]);
    expect(await consume(first.address, 2)).toEqual(["a", "b"]);
    const { clusterId } = await ask(first.address, (admin) => admin.describeCluster());
    await first.close();
    await first.close();
    expect(isProcessAlive(first.pid)).toBe(false);

    const second = await start(dataDir);
    await produce(second.address, ["c"]);
    await second.kill();
    expect(isProcessAlive(second.pid)).toBe(false);

    const port = Number(second.address.split(":")[1]);
    const third = await start(dataDir, port);
    expect(third.address).toBe(second.address);
    expect(await consume(third.address, 3)).toEqual(["a", "b", "c"]);
    expect(await ask(third.address, (admin) => admin.describeCluster())).toMatchObject({
      clusterId,
      brokers: [{ nodeId: 1, host: "127.0.0.1", port }],
    });
  });

  test("behind something else tells its clients to come by way of that", async () => {
    const kafka = await startRealKafka({ dataDir: temporaryDirectory(), advertisedPort: 4_711 });
    onTestFinished(() => kafka.kill());
    // Nobody is there.
    const asked = ask(kafka.address, (admin) => admin.describeCluster());
    await expect(asked).rejects.toThrow("connect ECONNREFUSED 127.0.0.1:4711");
  });

  test("creates no topic that is only asked for", async () => {
    const { address } = await start(temporaryDirectory());
    const producer = clientOf(address).producer({ allowAutoTopicCreation: true, retry: { retries: 1 } });
    await producer.connect();
    await expect(producer.send({ topic: "nope", messages: [{ value: "v" }] })).rejects.toMatchObject({
      name: "KafkaJSNumberOfRetriesExceeded",
    });
    await producer.disconnect();
    expect(await ask(address, (admin) => admin.listTopics())).toEqual([]);
  });

  test("refuses a directory that is in use, also where only Kafka's own lock tells, and a port that is taken", async () => {
    const dataDir = temporaryDirectory();
    const { address, pid } = await start(dataDir);
    const refused = await start(dataDir).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "in-use", message: expect.stringContaining(`pid ${pid}`) });
    await rm(join(dataDir, "owner.json"));
    await expect(start(dataDir)).rejects.toMatchObject({ code: "in-use" });
    await expect(start(temporaryDirectory(), Number(address.split(":")[1]))).rejects.toMatchObject({
      code: "port-in-use",
      message: `${address} is taken: give another port, or none for any.`,
    });
  });

  test("says where its own words are when it cannot start", async () => {
    const dataDir = temporaryDirectory();
    await (await start(dataDir)).close();
    const properties = join(dataDir, "data", "meta.properties");
    const text = await readFile(properties, "utf8");
    await writeFile(properties, text.replace("node.id=1", "node.id=2"));
    const failure = await start(dataDir).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RealKafkaError);
    expect(failure).toMatchObject({ code: "start-failed", message: expect.stringContaining("kafka.log") });
  });

  test("ends by itself when its owner is killed, and the next one on the directory waits for that", async () => {
    const dataDir = temporaryDirectory();
    const owner = run([...command("verify/kafka-process.ts"), dataDir]);
    const pid = Number((await owner.says(/127\.0\.0\.1:\d+ (\d+)\n/)).split(" ")[1]);
    expect(commandLineOf(pid)).toContain(" kafka.Kafka ");
    owner.child.kill("SIGKILL");
    const next = await start(dataDir);
    expect(isProcessAlive(pid)).toBe(false);
    await createTopic(next.address);
  });
});

describe("real-kafka:run", () => {
  const main = command("src/main.ts");

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "prints the address when it serves, and ends on %s",
    async (signal) => {
      const dataDir = temporaryDirectory();
      const running = run([...main, `--dir=${dataDir}`]);
      const address = (await running.says(/^127\.0\.0\.1:\d+\n/)).trim();
      await createTopic(address);
      const { kafka } = JSON.parse(await readFile(join(dataDir, "owner.json"), "utf8")) as { kafka: number };
      running.child.kill(signal);
      expect(await running.exited).toBe(0);
      expect(running.stdout()).toBe(`${address}\n`);
      await untilGone(kafka);
    },
  );

  test("ends when the process that started it is killed, and Kafka with it", async () => {
    const dataDir = temporaryDirectory();
    const [node = "", ...args] = main;
    const words = JSON.stringify([...args, `--dir=${dataDir}`]);
    const parent = run([
      node,
      "-e",
      `const { spawn } = require("node:child_process");
       process.stdout.write("main " + spawn(process.execPath, ${words}, { stdio: "inherit" }).pid + " \\n");`,
    ]);
    const pid = Number((await parent.says(/main (\d+) /)).split(" ")[1]);
    await parent.says(/^127\.0\.0\.1:\d+$/m);
    const { kafka } = JSON.parse(await readFile(join(dataDir, "owner.json"), "utf8")) as { kafka: number };
    expect(isProcessAlive(kafka)).toBe(true);
    parent.child.kill("SIGKILL");
    await Promise.all([untilGone(pid), untilGone(kafka)]);
  });

  test("says that Kafka has ended by itself, with exit code 1", async () => {
    const dataDir = temporaryDirectory();
    const running = run([...main, `--dir=${dataDir}`]);
    await running.says(/^127/);
    const { kafka } = JSON.parse(await readFile(join(dataDir, "owner.json"), "utf8")) as { kafka: number };
    process.kill(kafka, "SIGKILL");
    expect(await running.exited).toBe(1);
    expect(running.stderr()).toContain("Kafka has ended by itself");
  });

  test("ends on a signal while Kafka starts", async () => {
    const dataDir = temporaryDirectory();
    const running = run([...main, `--dir=${dataDir}`]);
    await expect.poll(() => readFile(join(dataDir, "owner.json"), "utf8"), { timeout: 60_000 }).toContain("kafka");
    const { kafka } = JSON.parse(await readFile(join(dataDir, "owner.json"), "utf8")) as { kafka: number };
    running.child.kill("SIGTERM");
    expect(await running.exited).toBe(0);
    await untilGone(kafka);
  });

  test("answers what it does not take, and a port that is taken, with one sentence and exit code 2", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (const option of ["--nope", "--port=x", `--port=${port}`]) {
      const running = run([...main, `--dir=${temporaryDirectory()}`, option]);
      expect(await running.exited, option).toBe(2);
      const complaints = running
        .stderr()
        .split("\n")
        .filter((line) => line.startsWith("real-kafka  "));
      expect(complaints.at(-1), option).toMatch(/^real-kafka {2}.*\.$/);
      expect(running.stdout()).toBe("");
    }
  });
});
