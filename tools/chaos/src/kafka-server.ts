import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { startRealKafka } from "@tidemark/real-kafka";
import { startProcess } from "./owned-process.js";
import { programOf } from "./programs.js";
import type { Secrets } from "./secrets.js";
import { keepServer, type RunningServer, type Server, type ServerOptions } from "./server.js";

export interface KafkaPlace extends ServerOptions {
  readonly directory: string;
  readonly port: number;
  /** What clients are told: a proxy's. */
  readonly advertisedPort: number;
  /** TLS and SASL for clients; undefined: neither. */
  readonly secrets: Secrets | undefined;
  /** Ends a start. */
  readonly signal: AbortSignal;
}

/** Throws RealKafkaError where a real one cannot be had. */
export async function createKafkaServer(kind: "embedded" | "real", place: KafkaPlace): Promise<Server> {
  const launch = () => (kind === "real" ? launchReal(place) : launchEmbedded(place));
  return keepServer(await launch(), launch, place);
}

function launchReal({ directory, port, advertisedPort, secrets, signal }: KafkaPlace): Promise<RunningServer> {
  const dataDir = join(directory, "kafka");
  if (secrets === undefined) return startRealKafka({ dataDir, port, advertisedPort, signal });
  const { certificate, users } = secrets;
  const listeners = [{ name: "SECURE", protocol: "SASL_SSL" as const, port, advertisedPort }];
  return startRealKafka({ dataDir, security: { certificate, users, listeners }, signal });
}

async function launchEmbedded({ directory, port, advertisedPort, guard }: KafkaPlace): Promise<RunningServer> {
  const program = programOf("tools/chaos/src/broker-process.ts");
  const heard = new EventEmitter();
  const ready = once(heard, "ready").then(() => true);
  const args = [join(directory, "kafka"), String(port), String(advertisedPort)];
  const broker = startProcess([...program, ...args], { guard, env: {}, onLine: (line) => void heard.emit(line) });
  if (await Promise.race([ready, broker.ended.then(() => false)])) {
    const close = async (): Promise<void> => {
      broker.signal("SIGKILL");
      await broker.ended;
    };
    return { ...broker, close };
  }
  const { lastWords } = await broker.ended;
  throw new Error(`The broker did not start: ${lastWords.join("\n")}`);
}
