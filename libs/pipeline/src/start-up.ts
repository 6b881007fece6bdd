import { setTimeout as sleep } from "node:timers/promises";
import { AddressError } from "@tidemark/cli";
import { isUnavailable, migrate, SinkError } from "@tidemark/sinks";
import { socmedPipeline } from "@tidemark/socmed/tables";
import { readClusterId, SourceError } from "@tidemark/sources";
import { MonitorError } from "./monitor/server.js";

const patienceMs = 15_000;
const retryMs = 250;

/** An address that was given but does not serve. */
class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** `user:password` left out. */
function describeDatabase(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}

/**
 * Makes Postgres's tables ready and asks Kafka who it is. A server that is just starting is waited for, up to 15 s: an
 * address that doesn't answer by then is taken for a wrong one.
 */
export async function prepare(
  { kafkaBrokers, databaseUrl }: { readonly kafkaBrokers: readonly string[]; readonly databaseUrl: string },
  signal: AbortSignal,
): Promise<string> {
  await askPostgres(databaseUrl, () => migrate(socmedPipeline, databaseUrl), signal);
  return keepTrying(
    () => readClusterId(kafkaBrokers),
    isRetryable,
    signal,
    // The source's own sentence says where, why, and what to check.
    (detail) => `KAFKA_BROKERS: ${detail}.`,
  );
}

/** As `prepare`, for one question. */
export function askPostgres<T>(databaseUrl: string, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return keepTrying(ask, isUnavailable, signal, (detail) => {
    return `Postgres at ${describeDatabase(databaseUrl)} cannot be used (${detail}): check DATABASE_URL, and that it runs.`;
  });
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}

async function keepTrying<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  signal: AbortSignal,
  describe: (detail: string) => string,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // Nobody listens any more once an answer has come.
  stopped.catch(() => {});
  for (;;) {
    signal.throwIfAborted();
    try {
      // A try may wait long: for another who migrates, or for a server that has gone silent.
      return await Promise.race([work(), stopped]);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof SinkError) throw cause;
      const detail =
        cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : String(cause);
      if (!mayPass(cause) || performance.now() > deadline) throw new UnreachableError(describe(detail), { cause });
    }
    await sleep(retryMs, undefined, { signal });
  }
}

/** What to say, and the exit code: 2 for what a person has to change (a wrong address, tables of another pipeline). */
export function describeFailure(error: unknown): { readonly exitCode: 1 | 2; readonly text: string } {
  const isWrongSetting =
    error instanceof AddressError || error instanceof UnreachableError || error instanceof MonitorError;
  if (isWrongSetting) return { exitCode: 2, text: error.message };
  if (error instanceof SinkError) return { exitCode: 2, text: `${error.message}${settingOf(error)}` };
  if (error instanceof SourceError) return { exitCode: 2, text: `${error.message}${adviceFor(error)}` };
  // What Postgres answers is a sentence already; anything else is a mistake of ours, and its stack is wanted.
  if (error instanceof Error && "severity" in error) return { exitCode: 1, text: `Postgres refused: ${error.message}` };
  return { exitCode: 1, text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The setting that a person would change. The library knows none of them. */
function settingOf({ code, differences }: SinkError): string {
  switch (code) {
    case "refused-group":
      return ` The group is KAFKA_GROUP=${String(differences[0]?.stored)}, a database of the stack lies in TIDEMARK_DIR.`;
    case "refused-cluster":
      return " The cluster is KAFKA_BROKERS, a database of the stack lies in TIDEMARK_DIR.";
    case "refused-definition":
      return " Its times are WATERMARK_DELAY, ALLOWED_LATENESS and MAX_FUTURE_SKEW; a database of the stack lies in TIDEMARK_DIR.";
    case "refused-table":
    case "old-database":
    case "inconsistent-state":
      return " The database is DATABASE_URL, that of the stack lies in TIDEMARK_DIR.";
    case "invalid-address":
      return " It is DATABASE_URL.";
    default:
      return "";
  }
}

function adviceFor({ code }: SourceError): string {
  if (code === "log-behind") return ". Begin anew with another database or TIDEMARK_DIR";
  if (code !== "lost") return "";
  return ". To go on without them start again with --accept-loss: the ledger counts them as lost. Or begin anew with another database or TIDEMARK_DIR";
}
