import { socmed } from "@tidemark/socmed";
import { runConsumer, type PlacedOptions, type Surroundings } from "../src/run-consumer.js";
import { Recorder } from "./recorder.js";

/** Options of a consumer that reads until it has caught up. */
const untilCaughtUp: Omit<PlacedOptions, "topic" | "group"> = {
  untilCaughtUp: true,
  acceptLoss: false,
  output: "status",
  stopTimeoutMs: 10_000,
  monitor: undefined,
};

export interface ConsumeOptions extends Partial<PlacedOptions>, Pick<Surroundings, "databaseUrl"> {
  readonly broker: { readonly address: string };
  readonly topic: string;
  readonly reporter?: Recorder;
  readonly signal?: AbortSignal;
  readonly pipeline?: typeof socmed;
}

/** Runs the flagship as the app does. Resolves to what it has reported. */
export async function consumeFlagship(options: ConsumeOptions): Promise<Recorder> {
  const {
    broker,
    databaseUrl,
    reporter = new Recorder(),
    signal = new AbortController().signal,
    pipeline = socmed,
    ...rest
  } = options;
  const placed = { ...untilCaughtUp, group: `group-of-${options.topic}`, ...rest };
  await runConsumer(pipeline, placed, { brokers: [broker.address], databaseUrl, reporter, signal });
  return reporter;
}
