/**
 * `nx run live:serve`. Exit code 0 when it was stopped, 1 when the stack has ended, 2 for a wrong option, variable or port, and
 * where Postgres refuses the address.
 */
import {
  AddressError,
  answerOptions,
  createStopSignal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  stopWithStack,
  tellConfigured,
  type StopSignal,
} from "@tidemark/cli";
import { SinkError } from "@tidemark/sinks";
import { cannotRead, LiveError } from "./errors.js";
import { startLive } from "./live.js";
import { parseOptions, usage, type LiveOptions } from "./options.js";

const say = (line: string): boolean => process.stdout.write(`live  ${line}\n`);
const complain = (line: string): void => void process.stderr.write(`live  ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, complain);
  const stop = createStopSignal();
  try {
    await run(parsed.options, stop);
  } catch (error) {
    if (!stop.signal.aborted) return describeFailure(error);
  }
  return stop.request()?.by === "stack" ? EXIT_CODES.failed : EXIT_CODES.ok;
}

async function run(options: LiveOptions, stop: StopSignal): Promise<void> {
  const { signal } = stop;
  const { databaseUrl, stackPid } = await findAddresses({
    env: process.env,
    need: ["postgres"],
    root: findRepositoryRoot(import.meta.url),
    signal,
    onChecked: tellConfigured,
    onWait: (path) => complain(`waiting for a stack (${path})`),
  });
  const server = await startLive(options, { databaseUrl, say: complain });
  say(server.url);
  void stopWithStack(stackPid, stop, complain);
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
  const failure = await Promise.race([stopped, server.failed]);
  await server.close();
  if (failure !== undefined) throw cannotRead(failure);
}

function describeFailure(error: unknown): number {
  if (error instanceof AddressError || error instanceof LiveError || error instanceof SinkError) {
    complain(error.message);
    return EXIT_CODES.usage;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_CODES.failed;
}

process.exitCode = await main();
