/**
 * `nx run stack:serve`. Exit code 0 when it was stopped, 1 when a server or a shared stack ended by itself, 2 for a wrong
 * option, variable, port or directory.
 */
import {
  answerOptions,
  createStopSignal,
  EXIT_CODES,
  findRepositoryRoot,
  resolveTidemarkDir,
  SIGNAL_EXIT_CODES,
  waitForConfigured,
} from "@tidemark/cli";
import { parseOptions, usage } from "./options.js";
import { runStack, type Terminal } from "./run-stack.js";

const terminal: Terminal = {
  say: (line) => process.stdout.write(`stack  ${line}\n`),
  complain: (line) => process.stderr.write(`stack  ${line}\n`),
};

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, terminal.complain);
  const { options } = parsed;
  const directory = resolveTidemarkDir(options.tidemarkDir, findRepositoryRoot(import.meta.url));
  const { signal, stop } = createStopSignal({
    secondExitCode: SIGNAL_EXIT_CODES.SIGINT,
    ignoreHangup: options.detached,
    withParent: !options.detached,
    closedOutput: "ignore",
  });
  process.on("uncaughtException", (error) => {
    terminal.complain(`an unexpected failure: ${error.stack ?? error.message}`);
    process.exitCode = EXIT_CODES.failed;
    stop("failure");
  });
  await waitForConfigured(signal);
  if (signal.aborted) return EXIT_CODES.ok;
  return await runStack(directory, options, terminal, signal);
}

let exitCode: number = EXIT_CODES.failed;
try {
  exitCode = await main();
} catch (error) {
  terminal.complain(error instanceof Error ? error.message : String(error));
}
process.exit(process.exitCode ?? exitCode);
