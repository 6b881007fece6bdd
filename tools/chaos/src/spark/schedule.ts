import { createRandom } from "../random.js";

export const sparkFaultKinds = [
  "kill worker",
  "kill driver",
  "stop Python",
  "kill Postgres",
  "hand over",
  "surprise",
] as const;

export type SparkFaultKind = (typeof sparkFaultKinds)[number];

/** Faults come one after another: each begins once the last one is mended, and the tables have come up to the log. */
export interface SparkFault {
  readonly kind: SparkFaultKind;
  /** How long the job has worked again before it comes, in ms. */
  readonly afterMs: number;
  /** How long until it is mended, in ms. */
  readonly forMs: number;
  /** Which of the cluster's workers it hits, where it hits one. */
  readonly worker: number;
}

const EVERY_MS = 20_000;
export const WORKERS = 2;

/** All kinds in one order after another, so many as fit into the time if each takes 20 s; each kind once at least. */
export function createSparkSchedule({ seed, lengthMs }: { readonly seed: number; readonly lengthMs: number }) {
  const random = createRandom(seed);
  const count = Math.max(sparkFaultKinds.length, Math.round(lengthMs / EVERY_MS));
  const faults: SparkFault[] = [];
  while (faults.length < count) {
    for (const kind of random.shuffle(sparkFaultKinds)) {
      const afterMs = random.between(500, 4_000);
      faults.push({ kind, afterMs, forMs: random.between(1_000, 6_000), worker: random.between(1, WORKERS) });
    }
  }
  return faults.slice(0, count);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export function describeSparkFault({ kind, afterMs, forMs, worker }: SparkFault): string {
  const sentences: Readonly<Record<SparkFaultKind, string>> = {
    "kill worker": `SIGKILL worker ${worker} with its executor, in the middle of a COPY if there is one, started again after ${seconds(forMs)}`,
    "kill driver": `SIGKILL the driver; its checkpoint directory is lost; started again after ${seconds(forMs)}`,
    "stop Python": `SIGSTOP a Python task of worker ${worker} for ${seconds(forMs)}`,
    "kill Postgres": `SIGKILL the postmaster, started again after ${seconds(forMs)}`,
    "hand over": `SIGTERM the driver; the consumer runs for ${seconds(forMs)}, then Spark again`,
    surprise: `the consumer begins while Spark runs, and ends after ${seconds(forMs)}`,
  };
  return `${seconds(afterMs)} later: ${sentences[kind]}`;
}
