/** `nx run live:serve`. Exit code 0 when it was stopped, 1 when the stack has ended, 2 for a wrong option, variable or port. */
import { AddressError, findAddresses, findRepositoryRoot, waitForProcessEnd } from "@tidemark/cli";
import { SinkError } from "@tidemark/sinks";
import { LiveError } from "./errors.js";
import { startLive } from "./live.js";
import { parseOptions, usage, type LiveOptions } from "./options.js";

const stackEnded = Symbol("the stack has ended");
const say = (line: string): boolean => process.stdout.write(`live  ${line}\n`);
const complain = (line: string): boolean => process.stderr.write(`live  ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if (parsed.kind === "wrong") {
    complain(parsed.problem);
    return 2;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
  // Whoever reads our output may leave (| head): then there is nobody to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
  try {
    await run(parsed.options, stopping);
  } catch (error) {
    if (!stopping.signal.aborted) return describeFailure(error);
  }
  return stopping.signal.reason === stackEnded ? 1 : 0;
}

async function run(options: LiveOptions, stopping: AbortController): Promise<void> {
  const { signal } = stopping;
  const { databaseUrl, stackPid } = await findAddresses({
    env: process.env,
    need: ["postgres"],
    root: findRepositoryRoot(import.meta.url),
    signal,
    onWait: (path) => complain(`waiting for a stack (${path})`),
  });
  const server = await startLive(options, { databaseUrl, say: complain });
  say(server.url);
  if (stackPid !== undefined) void stopWithStack(stackPid, stopping);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await server.close();
}

/** With the stack its Postgres has gone for good: nothing is left to show. */
async function stopWithStack(pid: number, stopping: AbortController): Promise<void> {
  await waitForProcessEnd(pid, stopping.signal);
  if (stopping.signal.aborted) return;
  complain(`the stack (pid ${pid}) has ended. Start it again: nx run stack:serve, or npm start.`);
  stopping.abort(stackEnded);
}

function describeFailure(error: unknown): 1 | 2 {
  if (error instanceof AddressError || error instanceof LiveError || error instanceof SinkError) {
    complain(error.message);
    return 2;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

process.exitCode = await main();
