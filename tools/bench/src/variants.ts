import { copyPipeline, type Edit, type PipelineCopy } from "@tidemark/pipeline-copy";
import { benchScenario, fillTopic } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { findFaults } from "./check.js";
import { consumeBacklog, type ConsumerFigures, type Work } from "./consumer-run.js";
import { startServers } from "./servers.js";
import { decimals, row, whole } from "./table.js";
import { medianFigures } from "./throughput-report.js";

/** The consumer with some lines of its source changed; without any it is the whole path. */
export interface Variant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its tables are the pipeline's: then they are checked, and what is wrong with them voids the figures. */
  readonly isWhole?: boolean;
}

const widths = [34, 10, 9, 9, 11, 10, 11] as const;

/**
 * Reads the same backlog by each variant in turn, round after round, into an empty database each time. What a variant
 * leaves out is missing in its tables, so that only those of whole ones are checked.
 */
export function compareVariants(title: string, variants: readonly Variant[]): Benchmark {
  return async ({ events, rounds, servers: kind }, print) => {
    const measured = new Map<Variant, ConsumerFigures[]>(variants.map((variant) => [variant, []]));
    const servers = await startServers(kind);
    const faults: string[] = [];
    let copy: PipelineCopy | undefined;
    try {
      copy = await copyPipeline();
      const { topic } = await fillTopic(servers, benchScenario, events);
      for (let number = 1; number <= rounds; number += 1) {
        for (const [variant, taken] of measured) {
          const databaseUrl = await servers.createDatabase();
          taken.push(await measure(copy, variant, { servers, databaseUrl, topic, events }));
          if (variant.isWhole !== true) continue;
          for (const fault of await findFaults(databaseUrl, events, topic)) faults.push(`${variant.name}: ${fault}`);
        }
      }
      print(`${title}: ${events} events, medians of ${rounds} rounds in turn, ${servers.description}`);
    } finally {
      await copy?.remove();
      await servers.close();
    }
    const medians = [...measured].map(([{ name }, taken]) => ({ name, ...medianFigures(taken) }));
    const [first] = medians;
    print(row(widths, ["", "events/s", "", "peak MB", "CPU s/M", "us/event", "PG CPU s/M"]));
    for (const one of medians) {
      const cells = [
        one.name,
        whole(one.eventsPerSecond),
        `x ${(one.eventsPerSecond / (first?.eventsPerSecond ?? Number.NaN)).toFixed(2)}`,
        decimals(one.peakMegabytes, 0),
        decimals(one.cpuSecondsPerMillion, 2),
        (1e6 / one.eventsPerSecond).toFixed(2),
        decimals(one.postgresCpuSecondsPerMillion, 2),
      ];
      print(row(widths, cells));
    }
    return { figures: { events, rounds, variants: medians }, faults };
  };
}

function measure(copy: PipelineCopy, { edits, env = {} }: Variant, work: Work): Promise<ConsumerFigures> {
  return copy.withEdits(edits, async () => consumeBacklog(await copy.build(), { ...work, env }));
}
