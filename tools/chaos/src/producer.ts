import type { RunOptions } from "@tidemark/verify";
import type { Diary } from "./diary.js";
import { parseJsonLine } from "./json-line.js";
import type { ChaosOptions } from "./options.js";
import type { OwnedProcess } from "./owned-process.js";
import type { Stage } from "./stage.js";

/** What a producer sent, as the verifier is told. */
export type Sent = RunOptions & { readonly events: number };

/** The producer of a run. */
export interface Producer {
  /** The first event's arrival, in epoch ms. */
  readonly startMs: number;
  /** Ends the stream: what was made is still sent. */
  stop(): void;
  hasEnded(): boolean;
  /** What it sent, once it has ended; null where not all of it was acknowledged. */
  sent(): Sent | null;
}

const scenario = "dirty";
/** Where the producer begins by itself a stream that has an end: with the same bytes in each run. */
const repeatableStartMs = Date.UTC(2024, 1, 3, 17);

export function startProducer(stage: Pick<Stage, "startProducer">, options: ChaosOptions, diary: Diary): Producer {
  const { seed, kafka, speed } = options;
  /** Of event time. */
  const rate = options.rate / speed;
  // A real Kafka forgets, when it starts again, the producers whose last records are dated more than a day ago; one that
  // sends again what it has no answer for would be taken for a new one, and the log have it twice.
  const startMs = kafka === "real" ? Math.floor(Date.now() / 1_000) * 1_000 : repeatableStartMs;
  let nextIndex: number | null = null;
  let ended = false;
  const args = [
    `--scenario=${scenario}`,
    `--seed=${seed}`,
    `--rate=${rate}`,
    `--speed=${speed}`,
    `--start=${new Date(startMs).toISOString()}`,
    "--json",
  ];
  const running = stage.startProducer(args, (line) => {
    const said = parseJsonLine(line);
    if (said?.["type"] === "end" && typeof said["nextIndex"] === "number") nextIndex = said["nextIndex"];
  });

  async function awaitEnd(producer: OwnedProcess): Promise<void> {
    const { code, lastWords } = await producer.ended;
    ended = true;
    if (code !== 0 || nextIndex === null) {
      diary.say("producer", `ended with code ${code}, not all acknowledged: ${lastWords.join(" | ")}`);
    }
  }

  void awaitEnd(running);
  return {
    startMs,
    stop: () => void running.signal("SIGTERM"),
    hasEnded: () => ended,
    sent: () => (nextIndex === null ? null : { scenario, seed, events: nextIndex, rate, startMs, startIndex: 0 }),
  };
}
