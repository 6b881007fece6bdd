import { setImmediate } from "node:timers/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ScenarioError } from "@tidemark/scenario";
import { createPlacement, type OracleDefinition } from "@tidemark/scenario/oracle";
import { socmedData } from "../pipeline.js";
import { createStream, type Scenario, type Stream } from "../scenario/index.js";
import { createAnswers } from "./answers.js";
import { type AnswersFolder, createAnswersFolder } from "./answers-folder.js";
import { codeOf, OutputError } from "./errors.js";
import { createFormat } from "./formats.js";
import { CHUNK_BYTES, createLines } from "./lines.js";
import type { Options } from "./options.js";
import { createStandardOutput, openOutput, type Output, STANDARD_OUTPUT } from "./output.js";
import { createProgress, type Progress } from "./progress.js";
import { DEFAULT_EVENTS } from "./usage.js";

export interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Ends the run, with nothing left that looks complete. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}

/** Writes it all. Throws ScenarioError and OutputError, whose messages are for who runs the program. */
export async function run(options: Options, scenario: Scenario, surroundings: Surroundings): Promise<void> {
  const { stdout, stderr, signal, nowMs } = surroundings;
  const { startIndex } = options;
  const end = options.events === null ? (scenario.events ?? startIndex + DEFAULT_EVENTS) : startIndex + options.events;
  if (end <= startIndex) {
    throw new ScenarioError(
      `--start-index=${startIndex} lies behind the ${end} events that the scenario ${scenario.name} has.`,
    );
  }
  const stream = openStream(options, scenario, end);
  const folder = options.answers === null ? null : await createAnswersFolder(options.answers);
  const outputs: Pick<Output, "commit" | "discard">[] = folder === null ? [] : [folder];
  const progress = createProgress({
    isTerminal: stderr.isTTY,
    // Beside lines on a terminal it would only be in their way.
    write: (text) => void (options.out === null && stdout.isTTY ? undefined : stderr.write(text)),
    total: end - startIndex,
    nowMs,
  });
  try {
    const output = options.out === null ? createStandardOutput(stdout) : await openOutput(options.out);
    outputs.unshift(output);
    const chunks = makeChunks({ options, scenario, stream, end, folder, progress });
    await write(chunks, output, options.gzip, signal);
    progress.close();
    for (const each of outputs) await each.commit();
  } catch (error) {
    progress.close();
    for (const each of outputs) await each.discard();
    if (folder !== null && isClosedOutput(error)) {
      throw new OutputError(
        `--answers=${options.answers}`,
        1,
        "standard output was closed before the end of the stream",
      );
    }
    throw error;
  }
}

/** Whether whoever read standard output has had enough. */
export function isClosedOutput(error: unknown): boolean {
  return error instanceof OutputError && error.target === STANDARD_OUTPUT && codeOf(error.cause) === "EPIPE";
}

/** Also tries the last event, so that a stream that can't be written whole isn't begun. */
function openStream({ seed, startMs, rate }: Options, scenario: Scenario, end: number): Stream {
  const stream = createStream({ scenario, seed, startMs, ...(rate !== null && { rate }) });
  try {
    stream.keyOf(end - 1);
  } catch {
    throw new ScenarioError(`Event ${end - 1} would arrive after the year 9999, by this start and rate.`);
  }
  return stream;
}

async function write(chunks: AsyncIterable<Uint8Array>, output: Output, gzip: boolean, signal: AbortSignal) {
  try {
    if (gzip) await pipeline(chunks, createGzip(), output.stream, { signal });
    else await pipeline(chunks, output.stream, { signal });
  } catch (error) {
    if (signal.aborted || error instanceof OutputError || codeOf(error) === undefined) throw error;
    throw new OutputError(output.target, 1, error);
  }
}

interface Work {
  readonly options: Options;
  readonly scenario: Scenario;
  readonly stream: Stream;
  readonly end: number;
  readonly folder: AnswersFolder | null;
  readonly progress: Progress;
}

/** The stream in pieces. What it makes of the answers is written before the next piece, so that memory is bounded. */
async function* makeChunks({ options, scenario, stream, end, folder, progress }: Work): AsyncGenerator<Uint8Array> {
  const { startIndex, partitions } = options;
  const format = createFormat(options);
  const lines = createLines();
  const answers =
    folder && createAnswers({ definition: definitionOf(options, scenario), partitions, onRow: folder.add });
  const place = createPlacement(partitions);
  for (let index = startIndex; index < end; index++) {
    const record = stream.at(index);
    const at = place(record.key);
    format(lines, record, at);
    answers?.take(record, at);
    if (lines.size < CHUNK_BYTES) continue;
    await folder?.flush();
    progress.update(index - startIndex);
    // Where writes don't wait, signals are heard all the same.
    await setImmediate();
    yield lines.take();
  }
  answers?.finish();
  await folder?.flush(true);
  if (lines.size > 0) yield lines.take();
}

/** By the options, otherwise by the pipeline that the scenario's labels are for, otherwise by the consumer's defaults. */
function definitionOf(options: Options, { pipeline: own }: Scenario): OracleDefinition {
  return {
    ...socmedData,
    watermarkDelayMs: options.watermarkDelayMs ?? (own?.watermarkDelaySeconds ?? 300) * 1000,
    allowedLatenessMs: options.allowedLatenessMs ?? (own?.allowedLatenessSeconds ?? 0) * 1000,
    maxFutureSkewMs: options.maxFutureSkewMs ?? (own?.maxFutureSkewSeconds ?? 60) * 1000,
  };
}
