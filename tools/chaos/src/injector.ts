import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer } from "./consumer.js";
import type { CopyWatch } from "./copy-watch.js";
import { copyPatienceMs, type Fault, type FaultKind } from "./fault.js";
import type { Proxy } from "./proxy.js";
import type { Server } from "./server.js";

/** Whom faults hit. */
export interface Targets {
  readonly consumers: readonly Consumer[];
  readonly postgres: Server;
  readonly kafka: Server;
  /** Between everybody and Kafka. */
  readonly kafkaProxy: Proxy;
  readonly copies: CopyWatch;
}

export interface InjectorOptions {
  readonly targets: Targets;
  readonly signal: AbortSignal;
  /** It took effect, as this kind: a kill in COPY that saw no COPY is a plain one. */
  readonly onTook: (fault: Fault, as: FaultKind) => void;
  /** There was nobody to hit. */
  readonly onMissed: (fault: Fault) => void;
}

const copyLookEveryMs = 2;
/** What a client had handed over before it was stopped has arrived by then. */
const copyStaysMs = 50;

/** Injects the faults when they are due, each target's one after another, and resolves when all is mended. */
export async function injectFaults(faults: readonly Fault[], options: InjectorOptions): Promise<void> {
  const { targets, signal, onTook, onMissed } = options;
  const begun = performance.now();
  const chains = new Map<string, Promise<void>>();

  async function injectOne(fault: Fault): Promise<void> {
    signal.throwIfAborted();
    const took = (as: FaultKind): void => onTook(fault, as);
    const hit = await inject(fault, targets, (ms) => sleep(ms, undefined, { signal }), took);
    if (!hit) onMissed(fault);
  }

  for (const fault of faults) {
    await sleep(Math.max(0, fault.atMs - (performance.now() - begun)), undefined, { signal });
    const target = fault.consumer === null ? (fault.kind.split(" ")[1] ?? "") : String(fault.consumer);
    const before = chains.get(target) ?? Promise.resolve();
    const chain = before.then(() => injectOne(fault));
    // Told below; here it only must not count as unhandled.
    chain.catch(() => undefined);
    chains.set(target, chain);
  }
  await Promise.all(chains.values());
}

type Wait = (ms: number) => Promise<unknown>;

/** One fault, from its beginning until it is mended. False where there was nobody to hit. */
async function inject(fault: Fault, targets: Targets, wait: Wait, took: (as: FaultKind) => void): Promise<boolean> {
  const { kind, forMs, clockHours } = fault;
  const server = kind.endsWith(" Kafka") ? targets.kafka : targets.postgres;
  if (fault.consumer === null) {
    if (kind === "cut Kafka" || kind === "stall Kafka") return disturb(fault, targets.kafkaProxy, wait, took);
    if (!(await server.signal(kind.startsWith("kill ") ? "SIGKILL" : "SIGSTOP"))) return false;
    took(kind);
    await wait(forMs);
    await (kind.startsWith("kill ") ? server.start() : server.signal("SIGCONT"));
    return true;
  }
  const consumer = targets.consumers[fault.consumer - 1];
  if (consumer === undefined) return false;
  switch (kind) {
    case "kill consumer":
    case "kill consumer in COPY": {
      const inCopy = kind === "kill consumer in COPY" && (await stopInCopy(consumer, targets.copies, wait));
      const hit = await consumer.kill();
      // What it had not handed over, the server never gets.
      if (inCopy) consumer.postgres.cut();
      consumer.postgres.release();
      if (hit) took(inCopy ? kind : "kill consumer");
      await wait(forMs);
      consumer.start(0);
      return hit;
    }
    case "stop consumer":
    case "stop consumer in COPY": {
      const inCopy = kind === "stop consumer in COPY" && (await stopInCopy(consumer, targets.copies, wait));
      const hit = inCopy || consumer.signal("SIGSTOP");
      if (hit) took(inCopy ? kind : "stop consumer");
      await wait(forMs);
      consumer.signal("SIGCONT");
      consumer.postgres.release();
      return hit;
    }
    case "leave":
    case "wrong clock": {
      const hit = await consumer.leave();
      if (hit) took(kind);
      await wait(forMs);
      consumer.start(clockHours);
      return hit;
    }
    default:
      return disturb(fault, consumer.postgres, wait, took);
  }
}

async function disturb(
  { kind, forMs }: Fault,
  proxy: Proxy,
  wait: Wait,
  took: (as: FaultKind) => void,
): Promise<boolean> {
  if (kind.startsWith("cut ")) {
    const hit = proxy.cut() > 0;
    if (hit) took(kind);
    return hit;
  }
  proxy.stall();
  await wait(forMs);
  // Whoever came meanwhile was held up too.
  const hit = proxy.serverSidePorts().length > 0;
  proxy.release();
  if (hit) took(kind);
  return hit;
}

/**
 * Stops the consumer at a moment at which Postgres reports it in the middle of a COPY and it stays so: what it has not sent
 * by then is held back. False where there was none in time; then it runs on.
 */
async function stopInCopy(consumer: Consumer, copies: CopyWatch, wait: Wait): Promise<boolean> {
  const { postgres } = consumer;
  const deadline = performance.now() + copyPatienceMs;
  // A COPY of some hundred rows is over in a millisecond otherwise.
  postgres.trickle();
  while (performance.now() < deadline) {
    const seen = await copies.find(postgres.serverSidePorts());
    if (seen === undefined) {
      await wait(copyLookEveryMs);
      continue;
    }
    postgres.hold();
    if (!consumer.signal("SIGSTOP")) break;
    await wait(copyStaysMs);
    if ((await copies.find(postgres.serverSidePorts())) === seen) return true;
    consumer.signal("SIGCONT");
    postgres.trickle();
  }
  postgres.release();
  return false;
}
