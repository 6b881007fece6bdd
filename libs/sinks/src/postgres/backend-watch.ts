import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresAddress } from "../address/parse-address.js";
import { silentServer } from "../errors.js";
import { runAtOnce, withConnection } from "./connection.js";
import { NO_LIMITS } from "./session/settings.js";

/** A session that holds a lock which another one waits for. */
export interface Blocker {
  readonly pid: number;
  /** Empty where it gave none. */
  readonly applicationName: string;
  /** Undefined on a socket, and where the role may not see it. */
  readonly clientAddress: string | undefined;
}

export interface BackendWatchOptions {
  readonly address: PostgresAddress;
  /** The server process whose answer is awaited; through a pooler each transaction may have another one. */
  readonly pid: number | (() => number);
  /** When the last byte came from it, by `performance.now()`; default: none is known. */
  readonly lastByteMs?: () => number;
  /** After so long without a byte, and without a sign that it is at work, `onSilent` is called. In ms. */
  readonly silenceTimeoutMs: number;
  readonly onSilent: () => void;
  /** When the first look is taken, in ms; default 1,000. */
  readonly firstLookMs?: number;
  /** Others hold what it waits for. Called again when it waits for others. */
  readonly onBlocked?: ((blockers: readonly Blocker[]) => void) | undefined;
}

/** By when somebody should be told what is waited for. */
const defaultFirstLookMs = 1_000;
const lookEveryMs = 5_000;
const lookTimeoutMs = 5_000;

/** Where activities are not tracked, it is at work unless it waits for its client. */
const lookSql = (pid: number) => `SELECT
    EXISTS (SELECT FROM pg_stat_activity WHERE pid = ${pid} AND state IN ('active', 'disabled') AND wait_event_type IS DISTINCT FROM 'Client') AS is_at_work,
    (SELECT coalesce(json_agg(json_build_object('pid', pid, 'name', application_name, 'address', host(client_addr)) ORDER BY pid), '[]')
     FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(${pid}))) AS blockers`;

interface Look {
  readonly is_at_work: boolean;
  readonly blockers: readonly { readonly pid: number; readonly name: string | null; readonly address: string | null }[];
}

/**
 * Looks, by connections of its own, at a server process for as long as its client waits for an answer. A long silence is right
 * while the process works or waits for a lock; otherwise the network has lost the connection without a word. Returns a function
 * that ends the watch.
 */
export function watchBackend(options: BackendWatchOptions): () => void {
  const { address, pid, lastByteMs = () => 0, silenceTimeoutMs, onSilent, onBlocked } = options;
  const { firstLookMs = defaultFirstLookMs } = options;
  const ending = new AbortController();
  const { signal } = ending;
  let atWorkMs = performance.now();
  let known = "[]";
  let timer = setTimeout(look, Math.min(firstLookMs, silenceTimeoutMs / 3));

  function look(): void {
    void ask().finally(() => {
      if (signal.aborted) return;
      if (performance.now() - Math.max(atWorkMs, lastByteMs()) > silenceTimeoutMs) onSilent();
      else timer = setTimeout(look, Math.min(lookEveryMs, silenceTimeoutMs / 3));
    });
  }

  async function ask(): Promise<void> {
    try {
      const statement = lookSql(typeof pid === "number" ? pid : pid());
      const rows = await withConnection(address, (client) => runAtOnce<Look>(client, NO_LIMITS, statement), {
        timeoutMs: Math.min(lookTimeoutMs, silenceTimeoutMs),
        signal,
      });
      const [found] = rows;
      if (signal.aborted || found === undefined) return;
      if (found.is_at_work) atWorkMs = performance.now();
      const pids = JSON.stringify(found.blockers.map((one) => one.pid));
      if (pids === known) return;
      known = pids;
      if (found.blockers.length > 0) onBlocked?.(found.blockers.map(toBlocker));
    } catch {
      // A server that cannot be asked gives no sign of work.
    }
  }

  return () => {
    ending.abort();
    clearTimeout(timer);
  };
}

function toBlocker({ pid, name, address }: Look["blockers"][number]): Blocker {
  return { pid, applicationName: name ?? "", clientAddress: address ?? undefined };
}

/** Rejects where the answer takes longer than so many ms, and when `signal` aborts. */
export async function answerWithin<T>(ms: number, answer: PromiseLike<T>, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  const ends = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  const late = sleep(ms, undefined, { signal: ends }).then(() => {
    throw silentServer(ms);
  });
  late.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}

/** Runs `work`, whose answers come from the watched process. Rejects where that has gone silent, and leaves `work` alone then. */
export async function whileWatched<T>(
  options: Omit<BackendWatchOptions, "onSilent">,
  work: () => Promise<T>,
): Promise<T> {
  let end: (() => void) | undefined;
  const silent = new Promise<never>((_, reject) => {
    end = watchBackend({ ...options, onSilent: () => reject(silentServer(options.silenceTimeoutMs)) });
  });
  silent.catch(() => {});
  try {
    return await Promise.race([work(), silent]);
  } finally {
    end?.();
  }
}

/** For people to read: `connection 1234 (tidemark-sink, 10.0.0.3)`. */
export function describeBlocker({ pid, applicationName, clientAddress }: Blocker): string {
  const about = [applicationName, clientAddress].filter((text) => text !== undefined && text !== "");
  return `connection ${pid}${about.length === 0 ? "" : ` (${about.join(", ")})`}`;
}
