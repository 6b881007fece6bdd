import { Mismatch } from "./answers.js";
import { beam } from "./beam.js";
import { bytewax, quix } from "./bytewax-quix.js";
import type { VectorCase } from "./case.js";
import { type Adapter, CaseRun } from "./case-run.js";
import { type Divergence, type DivergenceName, divergences } from "./divergences.js";
import { flink } from "./flink.js";
import { kafkaStreams } from "./kafka-streams.js";
import { spark } from "./spark.js";

const adapters: Readonly<Record<string, Readonly<Record<string, Adapter>>>> = {
  spark,
  flink,
  "kafka-streams": kafkaStreams,
  beam,
  bytewax,
  quix,
};

/** How a case came out: as it is, or by which divergences. */
export type Judged = "passed" | readonly DivergenceName[];

/** Throws where a case neither passes nor diverges as is said, where its kind is not known, and where it says nothing. */
export function judge(vector: VectorCase): Judged {
  const run = adapters[vector.engine]?.[vector.kind];
  if (run === undefined) throw new Error(`no adapter for the kind ${vector.kind} of ${vector.engine}`);
  const mismatch = runAs(vector, run, []);
  if (mismatch === null) return "passed";
  const named: readonly Divergence[] = divergences;
  const names = named.filter(({ appliesTo }) => appliesTo(vector)).map(({ name }) => name as DivergenceName);
  if (names.length === 0) throw mismatch;
  const needed = names.find((name) => runAs(vector, run, [name]) === null);
  if (needed !== undefined) return [needed];
  const rest = runAs(vector, run, names);
  if (rest !== null) throw rest;
  return names;
}

function runAs(vector: VectorCase, adapter: Adapter, habits: readonly DivergenceName[]): Mismatch | null {
  const run = new CaseRun(vector, new Set(habits));
  try {
    adapter(run);
  } catch (error) {
    if (error instanceof Mismatch) return error;
    throw error;
  }
  if (run.compared === 0) throw new Error(`nothing was compared in ${vector.id}`);
  return null;
}
