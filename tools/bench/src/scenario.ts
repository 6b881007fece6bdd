import { socmedEvent, type SocmedEvent } from "@tidemark/socmed";
import { createStream, presets, type Scenario } from "@tidemark/socmed/scenario";
import type { Benchmark } from "./benchmark.js";
import { median } from "./median.js";
import { row, whole } from "./table.js";

const { encode } = socmedEvent;

const widths = [10, 16, 16, 12] as const;
const startMs = Date.UTC(2024, 1, 3, 17);
const WARM_UP = 20_000;

/** Events of a preset on one core; by CPU time, so that other work on the machine counts for less. */
interface ScenarioFigures {
  readonly preset: string;
  readonly madePerCpuSecond: number;
  /** The same events, ready made, through `encode` alone. */
  readonly encodedPerCpuSecond: number;
}

/** How fast each preset's events are made and encoded. */
export const scenario: Benchmark = async ({ events, rounds }, print) => {
  print(`Events made and encoded: ${events} of each preset, median of ${rounds}, one core`);
  print(row(widths, ["", "events/CPU s", "encode alone/s", "share of it"]));
  const figures: ScenarioFigures[] = [];
  for (const [preset, data] of Object.entries(presets)) {
    const taken = Array.from({ length: rounds }, () => measure(data, events));
    const of = (figure: (one: (typeof taken)[number]) => number) => median(taken.map(figure));
    const one = { preset, madePerCpuSecond: of((it) => it.made), encodedPerCpuSecond: of((it) => it.encoded) };
    figures.push(one);
    const share = one.madePerCpuSecond / one.encodedPerCpuSecond;
    print(row(widths, [preset, whole(one.madePerCpuSecond), whole(one.encodedPerCpuSecond), share.toFixed(2)]));
  }
  return { figures: { events, rounds, presets: figures }, faults: [] };
};

function measure(data: Scenario, events: number): { made: number; encoded: number } {
  const stream = createStream({ scenario: data, seed: 1, startMs });
  const ready: SocmedEvent[] = [];
  for (let index = 0; index < WARM_UP; index++) {
    const { event } = stream.at(index);
    if (event !== null) ready.push(event);
  }
  const made = perCpuSecond(events, (index) => stream.at(index).value?.length ?? 0);
  const encoded = perCpuSecond(events, (index) => encode(ready[index % ready.length] as SocmedEvent).length);
  return { made, encoded };
}

function perCpuSecond(count: number, work: (index: number) => number): number {
  const begun = process.cpuUsage();
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += work(index);
  const { user, system } = process.cpuUsage(begun);
  if (bytes === 0) throw new Error("Nothing was made.");
  return (count / (user + system)) * 1e6;
}
