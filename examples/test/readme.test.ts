import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBroker } from "@tidemark/embedded-kafka";
import { copyPipeline, type PipelineCopy } from "@tidemark/pipeline-copy";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const readme = await readFile(join(repository, "README.md"), "utf8");
const tsx = join(repository, "node_modules/tsx/dist/cli.mjs");
const compiler = join(repository, "node_modules/typescript-7/bin/tsc");

/** The arguments of each `npx tsx` that the README shows. */
const commands = [...readme.matchAll(/^npx tsx (?<args>[^#\n]*)/gm)].map(
  ({ groups }) => groups?.["args"]?.trim() ?? "",
);

/** The workspace as a fresh clone has it after `npm ci`: nothing is built. */
let clone: PipelineCopy;
beforeAll(async () => {
  clone = await copyPipeline(["examples"]);
});
afterAll(() => clone.remove());

function run(args: readonly string[], cwd = clone.root) {
  return promisify(execFile)(process.execPath, args, { cwd, env: { ...process.env, FORCE_COLOR: "0" } });
}

describe("the README's commands, where nothing is built", () => {
  it("are there", () => {
    expect(commands.length).toBeGreaterThan(0);
  });

  it.each(commands)("npx tsx %s prints what is expected", async (args) => {
    const { stdout, stderr } = await run([tsx, ...args.split(/\s+/)]);
    expect(stderr).toBe("");
    const program = args.split(/\s+/).at(-1) ?? "";
    expect(stdout).toBe(await readFile(join(repository, program.replace(/\.ts$/, ".expected.txt")), "utf8"));
  });

  it("nx run examples:typecheck checks files at any depth", { timeout: 240_000 }, async () => {
    expect(readme).toContain("`nx run examples:typecheck`");
    const check = () => run([compiler, "-p", "examples/tsconfig.json"]);
    await check();
    await mkdir(join(clone.root, "examples/parking/wrong"), { recursive: true });
    await writeFile(join(clone.root, "examples/parking/wrong/fee.ts"), 'export const fee: number = "5";\n');
    const found = { stdout: expect.stringContaining("examples/parking/wrong/fee.ts") };
    await expect(check()).rejects.toMatchObject(found);
  });
});

describe("the README's program that sends records", () => {
  const program = "examples/3-own-pipeline/send.ts";

  it("is the one among the examples", async () => {
    const [, code] = (await readFile(join(repository, program), "utf8")).split(/^\/\/.*\n/);
    expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
  });

  it("sends an order that the pipeline takes to the Kafka of stack.json", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tidemark-send-"));
    const broker = await startBroker({ dataDir: join(folder, "kafka") });
    try {
      await mkdir(join(folder, ".tidemark"));
      await writeFile(join(folder, ".tidemark/stack.json"), JSON.stringify({ kafkaBrokers: [broker.address] }));
      const send = () => run(["--import", import.meta.resolve("tsx"), join(repository, program)], folder);
      expect(await send()).toEqual({ stdout: "", stderr: "" });
      // The topic is there already.
      expect(await send()).toEqual({ stdout: "", stderr: "" });
      const { orders } = await import("../3-own-pipeline/orders.js");
      const [message] = await readMessages(broker.address, "orders", 1);
      expect(orders.event.decode(message ?? null)).toMatchObject({ event: { orderNo: "A-1", shop: "Aarhus" } });
    } finally {
      await broker.close();
      await rm(folder, { recursive: true });
    }
  });
});

async function readMessages(broker: string, topic: string, many: number): Promise<readonly (Buffer | null)[]> {
  const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId: "reader" });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages: (Buffer | null)[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          if (messages.push(message.value) === many) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return messages;
}
