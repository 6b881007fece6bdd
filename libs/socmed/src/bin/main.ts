#!/usr/bin/env node
/** `tidemark-scenario`: a scenario as lines, and its answers. The exit codes are in `usage.ts`. */
import { readFile } from "node:fs/promises";
import { ScenarioError } from "@tidemark/scenario";
import { loadScenario } from "../scenario/index.js";
import { OutputError } from "./errors.js";
import { parseOptions } from "./options.js";
import { isClosedOutput, run } from "./run.js";
import { usage } from "./usage.js";

const stop = new AbortController();

function endBy(signal: NodeJS.Signals, exitCode: number): void {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCode);
    process.exitCode = exitCode;
    stop.abort();
  });
}

function refuse(problem: string, exitCode = 2): number {
  console.error(problem);
  return exitCode;
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind === "wrong") return refuse(parsed.problem);
  if (parsed.kind === "help") {
    console.log(usage);
    return 0;
  }
  const loaded = await loadScenario(parsed.options.scenario, (file) => readFile(file, "utf8"));
  if (!loaded.ok) return refuse(loaded.problem);
  const { stdout, stderr } = process;
  await run(parsed.options, loaded.scenario, {
    stdout,
    stderr,
    signal: stop.signal,
    nowMs: () => performance.now(),
  });
  return 0;
}

function explain(error: unknown): number {
  if (isClosedOutput(error)) return 0;
  if (error instanceof OutputError) return refuse(error.message, error.exitCode);
  if (error instanceof ScenarioError) return refuse(sentenceOf(error.message));
  return refuse(error instanceof Error ? (error.stack ?? error.message) : String(error), 1);
}

function sentenceOf(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

endBy("SIGINT", 130);
endBy("SIGTERM", 143);
// Each write tells of its own error; what is emitted besides is the same one again.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

const exitCode = await main().catch((error: unknown) => (stop.signal.aborted ? undefined : explain(error)));
// Standard output may still hold what nobody reads.
if (stop.signal.aborted) process.exit();
process.exitCode = exitCode;
