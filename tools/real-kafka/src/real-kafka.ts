import { EventEmitter, once } from "node:events";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { explainStart, RealKafkaError } from "./errors.js";
import { ensureJars } from "./jars.js";
import { findJava } from "./java.js";
import { endLeftover, writeOwner } from "./leftover.js";
import { findFreePort } from "./ports.js";
import type { Security } from "./security.js";
import { describeServer, placesIn, prepareStorage, type Ports } from "./storage.js";
import { supervise } from "./supervisor.js";

const logConfiguration = fileURLToPath(new URL("../log4j2.properties", import.meta.url));

/** For a broker that starts fast and is one of several programs on a developer's machine, not for its highest throughput. */
const javaOptions = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

export interface RealKafkaOptions {
  /** Of its own; made when missing. Data in it are served again, by the same cluster id. */
  readonly dataDir: string;
  /** 0 or absent: any that is free. */
  readonly port?: number;
  /** The port that clients are told to connect to, where something stands between them and Kafka. Default: its own. */
  readonly advertisedPort?: number;
  /** Further listeners with TLS and SASL, users, and ACLs. */
  readonly security?: Security;
  /** Where the jars are kept (default `~/.cache/tidemark`, by XDG_CACHE_HOME). */
  readonly cacheDir?: string;
  /** Gets what this does out of the ordinary, and what Kafka complains of. All that Kafka logs is in `kafka.log`. */
  readonly onLine?: (line: string) => void;
  /** Ends the start, which then rejects. */
  readonly signal?: AbortSignal;
  /** Where Java and Maven are looked for (default: this process's). */
  readonly env?: NodeJS.ProcessEnv;
}

export interface RealKafka {
  /** Where it listens: "127.0.0.1:29092". */
  readonly address: string;
  /** Where a listener of `security` listens on 127.0.0.1. */
  securePort(listener: string): number;
  /** Java's. */
  readonly pid: number;
  /** Resolves when Kafka has ended, by `close` or otherwise, to the last lines that it printed. */
  readonly ended: Promise<readonly string[]>;
  /** Ends it in an orderly way, and resolves when the process is gone; may be called again. */
  close(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a real Kafka that listens on 127.0.0.1 alone and ends with this process, even when that is killed. Resolves when
 * it serves. Throws RealKafkaError, and then leaves nothing running.
 */
export async function startRealKafka(options: RealKafkaOptions): Promise<RealKafka> {
  const { onLine: say = () => undefined, signal, env = process.env } = options;
  const dataDir = resolve(options.dataDir);
  const cacheDir = resolve(options.cacheDir ?? join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tidemark"));
  const command = await findJava(env);
  const cwd = await ensureJars({ cacheDir, env, say, signal });
  await endLeftover(dataDir, say);
  // In the folder of the jars, since a class path cannot hold every path. With Java's `*`, not the shell's.
  const java: Java = { command, args: [...javaOptions, "-cp", "*"], cwd, env };
  const wanted = options.port ?? 0;
  const { security } = options;
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await findFreePort(0) : wanted;
    const ports = await choosePorts(port, options);
    try {
      await prepareStorage(dataDir, describeServer(dataDir, ports, security), java, security);
      return await launch(dataDir, ports, java, say, signal);
    } catch (error) {
      // Between its choice and its use somebody else may have taken a free port.
      const taken = error instanceof RealKafkaError && error.code === "port-in-use";
      if (!taken || error.message.startsWith(`127.0.0.1:${wanted} `) || attempt === 10) throw error;
    }
  }
}

async function choosePorts(broker: number, { advertisedPort = broker, security }: RealKafkaOptions): Promise<Ports> {
  const taken = new Set([broker]);
  const next = async (): Promise<number> => {
    const port = await findFreePort(...taken);
    taken.add(port);
    return port;
  };
  const controller = await next();
  const secured = new Map<string, number>();
  for (const { name, port } of security?.listeners ?? []) secured.set(name, port ?? (await next()));
  return { broker, controller, advertised: advertisedPort, secured };
}

interface Java {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

async function launch(
  dataDir: string,
  { broker, secured }: Ports,
  { command, args, cwd, env }: Java,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<RealKafka> {
  const { properties, log } = placesIn(dataDir);
  const readiness = new EventEmitter();
  const ready = once(readiness, "ready");
  const server = supervise(
    command,
    [`-Dlog4j2.configurationFile=${logConfiguration}`, `-Dtidemark.log=${log}`, ...args, "kafka.Kafka", properties],
    {
      cwd,
      env,
      onLine(line) {
        if (line.includes("Kafka Server started")) readiness.emit("ready");
        else if (!line.startsWith("INFO ")) say(line);
      },
    },
  );
  signal?.addEventListener("abort", server.stop);
  try {
    if (signal?.aborted) server.stop();
    const pid = (await server.pid) ?? 0;
    if (pid > 0 && !server.hasEnded()) await writeOwner(dataDir, pid);
    await Promise.race([ready, server.ended]);
    if (signal?.aborted) {
      await server.ended;
      throw new RealKafkaError("stopped", "Stopped while Kafka started.");
    }
    if (server.hasEnded()) throw explainStart(dataDir, await server.ended, log);
    return {
      address: `127.0.0.1:${broker}`,
      securePort(listener) {
        const port = secured.get(listener);
        if (port === undefined) throw new TypeError(`there is no listener ${listener}`);
        return port;
      },
      pid,
      ended: server.ended,
      async close() {
        server.stop();
        await server.ended;
      },
      async kill() {
        if (!server.hasEnded()) process.kill(pid, "SIGKILL");
        await server.ended;
      },
    };
  } finally {
    signal?.removeEventListener("abort", server.stop);
  }
}
