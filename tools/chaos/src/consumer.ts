import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { startProxy, type Proxy } from "@tidemark/testkit/proxy";
import type { Guard } from "./guard.js";
import { parseJsonLine } from "./json-line.js";
import { startProcess, type OwnedProcess, type ProcessEnd } from "./owned-process.js";
import { programOf } from "./programs.js";

/** One of the consumers: a place for a process, one after another, with connections to Postgres of its own. */
export interface Consumer {
  readonly number: number;
  /** Between it and Postgres. */
  readonly postgres: Proxy;
  /** Starts a process; its clock is so many hours off. */
  start(clockHours: number): void;
  /** Whether it was there to get it. */
  signal(name: "SIGSTOP" | "SIGCONT"): boolean;
  /** SIGKILL; whether it was there to get it. Resolves when it is gone. */
  kill(): Promise<boolean>;
  /** SIGTERM, and SIGKILL where it does not end. Whether it was there and did end by itself. */
  leave(): Promise<boolean>;
}

export interface ConsumerOptions {
  readonly number: number;
  /** Whose consumer it is: the repository's, or a copy's. */
  readonly root: string;
  readonly guard: Guard;
  /** The variables that say where Kafka is, and how to connect. */
  readonly kafka: Readonly<Record<string, string>>;
  /** What they are told of the run, by variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** Without a proxy between. */
  readonly databaseUrl: string;
  readonly topic: string;
  readonly onStart: () => void;
  /** What it says that is worth a line. */
  readonly onNote: (text: string) => void;
  /** It has ended by itself; another is started. */
  readonly onSurprise: (end: ProcessEnd) => void;
}

const wrongClock = fileURLToPath(new URL("wrong-clock.ts", import.meta.url));
/** Beyond what it gives itself: 10 s for its tasks, some 5 s for Kafka. */
const leavePatienceMs = 25_000;
const againMs = 1_000;

export async function createConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { root, guard, onStart, onNote, onSurprise } = options;
  const url = new URL(options.databaseUrl);
  const postgres = await startProxy(Number(url.port));
  url.port = String(postgres.port);
  const addresses = { ...options.kafka, KAFKA_TOPIC: options.topic, DATABASE_URL: url.href };
  // Whatever the caller's environment says: an empty variable is an unset one.
  const defaults = {
    KAFKA_GROUP: "",
    WATERMARK_DELAY: "",
    ALLOWED_LATENESS: "",
    MAX_FUTURE_SKEW: "",
    ID_SCOPE: "",
    RETENTION_DAYS: "",
    QUIET_AFTER: "",
    METRICS_PORT: "",
  };
  let current: OwnedProcess | undefined;
  let wanted = false;

  function start(clockHours: number): void {
    wanted = true;
    const preload = clockHours === 0 ? [] : [wrongClock];
    const program = programOf("apps/consumer/src/main.ts", root, preload);
    const mine = startProcess([...program, "--json"], {
      guard,
      env: { ...defaults, ...options.settings, ...addresses, TIDEMARK_CLOCK_HOURS: String(clockHours) },
      onLine: (line) => hear(line, onNote),
    });
    current = mine;
    onStart();
    void startAgainAfter(mine, clockHours);
  }

  /** Where it ends and nobody meant it to. */
  async function startAgainAfter(mine: OwnedProcess, clockHours: number): Promise<void> {
    const isOurs = (): boolean => wanted && current === mine;
    const how = await mine.ended;
    if (!isOurs()) return;
    onSurprise(how);
    await sleep(againMs);
    if (isOurs()) start(clockHours);
  }

  async function end(name: "SIGTERM" | "SIGKILL"): Promise<boolean> {
    wanted = false;
    if (current === undefined || !current.signal(name)) return false;
    await current.ended;
    return true;
  }

  return {
    number: options.number,
    postgres,
    start,
    signal: (name) => current?.signal(name) ?? false,
    kill: () => end("SIGKILL"),
    async leave() {
      const patience = new AbortController();
      const left = await Promise.race([
        end("SIGTERM"),
        sleep(leavePatienceMs, false, { signal: patience.signal }).catch(() => false),
      ]);
      patience.abort();
      await end("SIGKILL");
      return left;
    },
  };
}

/** Of what it prints, as lines of JSON, the notes. */
function hear(line: string, onNote: (text: string) => void): void {
  const { kind, text } = parseJsonLine(line) ?? {};
  if (kind === "note" && typeof text === "string") onNote(text);
}
