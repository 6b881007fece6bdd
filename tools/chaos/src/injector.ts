import { setTimeout as sleep } from "node:timers/promises";
import type { Proxy } from "@tidemark/testkit/proxy";
import type { Consumer } from "./consumer.js";
import type { CopyWatch } from "./copy-watch.js";
import { targetOf, type Fault, type FaultKind } from "./fault.js";
import type { Round } from "./schedule.js";
import type { PostgresServer } from "./postgres-server.js";
import type { Server } from "./server.js";
import { stopInCopy } from "./stop-in-copy.js";

/** Whom faults hit. */
export interface Targets {
  readonly consumers: readonly Consumer[];
  readonly postgres: Server & Pick<PostgresServer, "failOver" | "follow">;
  readonly kafka: Server;
  /** Between everybody and Kafka. */
  readonly kafkaProxy: Proxy;
  readonly copies: CopyWatch;
}

export interface InjectorOptions {
  readonly targets: Targets;
  readonly signal: AbortSignal;
  /** Waited for before each round. */
  readonly beforeRound: () => Promise<void>;
  /** It took effect, as this kind: a kill in COPY that saw no COPY is a plain one. */
  readonly onTook: (fault: Fault, as: FaultKind) => void;
  /** There was nobody to hit. */
  readonly onMissed: (fault: Fault) => void;
}

/** A fault under way. */
interface Injection {
  readonly fault: Fault;
  readonly targets: Targets;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly took: (as: FaultKind) => void;
}

/** From its beginning until it is mended. False where there was nobody to hit. */
type Inject = (injection: Injection) => Promise<boolean>;

/**
 * Injects the faults round by round, each when it is due and each target's one after another, and resolves when all is
 * mended. Where a round is late, so are those after it. Rejects with the signal's reason.
 */
export async function injectFaults(
  rounds: readonly Round[],
  faults: readonly Fault[],
  options: InjectorOptions,
): Promise<void> {
  const { targets, beforeRound, onTook, onMissed } = options;
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);

  async function injectAfter(before: Promise<void> | undefined, fault: Fault): Promise<void> {
    await before;
    signal.throwIfAborted();
    const wait = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal });
    const took = (as: FaultKind): void => onTook(fault, as);
    if (!(await injections[fault.kind]({ fault, targets, wait, took }))) onMissed(fault);
  }

  async function play({ fromMs, toMs }: Round): Promise<void> {
    const begun = performance.now();
    const until = (ms: number) => sleep(Math.max(0, ms - fromMs - (performance.now() - begun)), undefined, { signal });
    const chains = new Map<string, Promise<void>>();
    for (const fault of faults.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)) {
      await until(fault.atMs);
      const target = targetOf(fault);
      const chain = injectAfter(chains.get(target), fault);
      // One that fails, as where a server does not start again, ends them all.
      chain.catch((error: unknown) => failing.abort(error));
      chains.set(target, chain);
    }
    await Promise.all(chains.values());
    await until(toMs);
  }

  try {
    for (const round of rounds) {
      await beforeRound();
      await play(round);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

const injections: Readonly<Record<FaultKind, Inject>> = {
  "kill consumer": killConsumer,
  "kill consumer in COPY": killConsumer,
  "kill Postgres": (injection) => killServer(injection, injection.targets.postgres),
  "kill Kafka": (injection) => killServer(injection, injection.targets.kafka),
  "stop consumer": stopConsumer,
  "stop consumer in COPY": stopConsumer,
  "stop Postgres": (injection) => stopServer(injection, injection.targets.postgres),
  "stop Kafka": (injection) => stopServer(injection, injection.targets.kafka),
  leave: sendAway,
  "wrong clock": sendAway,
  "cut Postgres": (injection) => cut(injection, consumerOf(injection).postgres),
  "stall Postgres": (injection) => stall(injection, consumerOf(injection).postgres),
  "cut Kafka": (injection) => cut(injection, injection.targets.kafkaProxy),
  "stall Kafka": (injection) => stall(injection, injection.targets.kafkaProxy),
  "replace Postgres": replacePostgres,
};

function consumerOf({ fault, targets }: Injection): Consumer {
  const consumer = targets.consumers[(fault.consumer ?? 0) - 1];
  if (consumer === undefined) throw new Error(`There is no consumer ${fault.consumer}.`);
  return consumer;
}

async function killConsumer(injection: Injection): Promise<boolean> {
  const { fault, targets, wait, took } = injection;
  const consumer = consumerOf(injection);
  const inCopy = fault.kind === "kill consumer in COPY" && (await stopInCopy(consumer, targets.copies, wait));
  const hit = await consumer.kill();
  if (hit) took(inCopy ? fault.kind : "kill consumer");
  // What it had not handed over, the server never gets.
  if (inCopy) consumer.postgres.cut();
  consumer.postgres.release();
  await wait(fault.forMs);
  consumer.start(0);
  return hit;
}

async function stopConsumer(injection: Injection): Promise<boolean> {
  const { fault, targets, wait, took } = injection;
  const consumer = consumerOf(injection);
  const inCopy = fault.kind === "stop consumer in COPY" && (await stopInCopy(consumer, targets.copies, wait));
  const hit = inCopy || consumer.signal("SIGSTOP");
  if (hit) took(inCopy ? fault.kind : "stop consumer");
  await wait(fault.forMs);
  consumer.signal("SIGCONT");
  consumer.postgres.release();
  return hit;
}

async function sendAway(injection: Injection): Promise<boolean> {
  const { fault, wait, took } = injection;
  const consumer = consumerOf(injection);
  const hit = await consumer.leave();
  if (hit) took(fault.kind);
  await wait(fault.forMs);
  consumer.start(fault.clockHours);
  return hit;
}

async function killServer({ fault, wait, took }: Injection, server: Server): Promise<boolean> {
  const hit = await server.signal("SIGKILL");
  if (hit) took(fault.kind);
  await wait(fault.forMs);
  await server.start();
  return hit;
}

/** Mended once the new server has a standby again. */
async function replacePostgres({ fault, targets: { postgres }, took }: Injection): Promise<boolean> {
  await postgres.failOver();
  took(fault.kind);
  await postgres.follow();
  return true;
}

async function stopServer({ fault, wait, took }: Injection, server: Server): Promise<boolean> {
  const hit = await server.signal("SIGSTOP");
  if (hit) took(fault.kind);
  await wait(fault.forMs);
  await server.signal("SIGCONT");
  return hit;
}

async function cut({ fault, took }: Injection, proxy: Proxy): Promise<boolean> {
  const hit = proxy.cut() > 0;
  if (hit) took(fault.kind);
  return hit;
}

async function stall({ fault, wait, took }: Injection, proxy: Proxy): Promise<boolean> {
  proxy.stall();
  await wait(fault.forMs);
  // Whoever came meanwhile was held up too.
  const hit = proxy.serverSidePorts().length > 0;
  proxy.release();
  if (hit) took(fault.kind);
  return hit;
}
