import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { explainStart, RealKafkaError } from "./errors.js";
import { describeScramUsers, describeSecurity, type Security } from "./security.js";

const run = promisify(execFile);

/** What is where in a data directory. */
export function placesIn(dataDir: string) {
  return {
    properties: join(dataDir, "server.properties"),
    /** Kafka's own. */
    data: join(dataDir, "data"),
    log: join(dataDir, "kafka.log"),
    /** Whose Kafka runs there. */
    owner: join(dataDir, "owner.json"),
  };
}

export interface Ports {
  readonly broker: number;
  readonly controller: number;
  /** What clients of the plaintext listener are told to connect to. */
  readonly advertised: number;
  /** By the name of the listener. */
  readonly secured: ReadonlyMap<string, number>;
}

/**
 * The settings of a single node, broker and controller in one, that listens on 127.0.0.1 alone. What is not told is Kafka's
 * default: records are kept for 7 days by their timestamps, so a topic for old-dated ones needs `retention.ms=-1`.
 */
export function describeServer(dataDir: string, ports: Ports, security?: Security): string {
  const secured = (security?.listeners ?? []).map(({ name, protocol, host = "127.0.0.1", advertisedPort }) => {
    const port = ports.secured.get(name) ?? 0;
    return { name, protocol, port, advertised: `${host}:${advertisedPort ?? port}` };
  });
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${ports.controller}`,
    "controller.listener.names": "CONTROLLER",
    listeners: [
      `PLAINTEXT://127.0.0.1:${ports.broker}`,
      `CONTROLLER://127.0.0.1:${ports.controller}`,
      ...secured.map(({ name, port }) => `${name}://127.0.0.1:${port}`),
    ].join(","),
    "advertised.listeners": [
      `PLAINTEXT://127.0.0.1:${ports.advertised}`,
      ...secured.map(({ name, advertised }) => `${name}://${advertised}`),
    ].join(","),
    "listener.security.protocol.map": [
      "PLAINTEXT:PLAINTEXT",
      "CONTROLLER:PLAINTEXT",
      ...secured.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(","),
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": placesIn(dataDir).data,
    "auto.create.topics.enable": false,
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    // Kafka's is 6 s. Tests and fault runs wait for session timeouts.
    "group.min.session.timeout.ms": 100,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "num.network.threads": 2,
    "num.io.threads": 4,
    ...(security !== undefined && describeSecurity(security)),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}\n`)
    .join("");
}

/** Java reads the file as Latin 1. */
function escapeProperty(value: string): string {
  return value.replaceAll(/[\\]|[^ -~]/g, (char) =>
    char === "\\" ? "\\\\" : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Makes the directory and writes its settings; formats Kafka's storage where that was not done. `java` is the command with
 * its options and class path. Throws `unusable-directory`, `disk-full`, `start-failed`.
 */
export async function prepareStorage(
  dataDir: string,
  settings: string,
  java: {
    readonly command: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
  },
  security?: Security,
): Promise<void> {
  const { properties, data, log } = placesIn(dataDir);
  // Kafka takes a list of directories there.
  if (dataDir.includes(",")) {
    throw new RealKafkaError("unusable-directory", `${dataDir} has a comma in it: give Kafka another directory.`);
  }
  try {
    await mkdir(data, { recursive: true });
    await writeFile(properties, settings);
    // Written last by the formatting, so that a broken-off one is done again.
    if (await stat(join(data, "meta.properties")).catch(() => undefined)) return;
  } catch (cause) {
    throw new RealKafkaError(
      "unusable-directory",
      `${dataDir} cannot hold Kafka's data (${cause instanceof Error ? cause.message : String(cause)}): give another directory.`,
      { cause },
    );
  }
  const args = [...java.args, "kafka.tools.StorageTool", "format", "-t", drawClusterId(), "-c", properties];
  if (security !== undefined) args.push(...describeScramUsers(security));
  await run(java.command, args, { cwd: java.cwd, env: java.env }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      throw explainStart(dataDir, `${error.stdout}${error.stderr}`.split("\n"), log);
    },
  );
}

/** As Kafka writes its UUIDs; one that begins like an option would not reach it. */
function drawClusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? drawClusterId() : id;
}
