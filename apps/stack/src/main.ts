/**
 * `nx run stack:serve`. Exit code 0 when it was stopped, 1 when a server or a shared stack ended by itself, 2 for a wrong
 * option, variable, port or directory.
 */
import { findRepositoryRoot, resolveTidemarkDir, watchParent } from "@tidemark/cli";
import { parseOptions, usage } from "./options.js";
import { runStack, type Terminal } from "./run-stack.js";

const terminal: Terminal = {
  say: (line) => process.stdout.write(`stack  ${line}\n`),
  complain: (line) => process.stderr.write(`stack  ${line}\n`),
};

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if (parsed.kind === "wrong") {
    terminal.complain(parsed.problem);
    return 2;
  }
  const { options } = parsed;
  const directory = resolveTidemarkDir(options.tidemarkDir, findRepositoryRoot(import.meta.url));
  return await runStack(directory, options, terminal, stopSignal(options.detached));
}

/** Aborts on Ctrl-C, SIGTERM and, unless detached, when the terminal or the parent process is gone. */
function stopSignal(detached: boolean): AbortSignal {
  const stopping = new AbortController();
  let firstAt = 0;
  const stop = (): void => {
    // Ctrl-C reaches us from the terminal and from Nx as well: what comes at once is the same wish.
    if (stopping.signal.aborted && performance.now() - firstAt > 1_000) process.exit(130);
    if (!stopping.signal.aborted) firstAt = performance.now();
    stopping.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", detached ? () => undefined : stop);
  if (!detached) watchParent(stop);
  process.on("uncaughtException", (error) => {
    terminal.complain(`an unexpected failure: ${error.stack ?? error.message}`);
    process.exitCode = 1;
    stop();
  });
  return stopping.signal;
}

// Whoever read our output may be gone (| head, a closed terminal).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

let exitCode = 1;
try {
  exitCode = await main();
} catch (error) {
  terminal.complain(error instanceof Error ? error.message : String(error));
}
process.exit(process.exitCode ?? exitCode);
