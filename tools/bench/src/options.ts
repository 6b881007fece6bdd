import { parseArgs } from "node:util";
import { z } from "zod";

export const benchmarkNames = ["throughput", "scenario", "verify"] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

export const usage = `Usage: nx run bench:run [BENCHMARK] [--events N] [--rounds N] [--out FILE]

  throughput   (the default) Kafka to Postgres, and beside it, in the same run, the same rows by bare COPY from memory
               into the same table; 1,000 events make one second of event time
  scenario     how fast events of each preset are made, and what of it is their encoding
  verify       how fast the verifier checks a log and its tables, and its peak memory

  --events N   default 2000000; scenario: 500000 of each preset
  --rounds N   how often all is measured, one after the other (default 3)
  --out FILE   where the figures go as JSON (default dist/bench/BENCHMARK.json)
`;

const defaultEvents: Readonly<Record<BenchmarkName, number>> = {
  throughput: 2_000_000,
  scenario: 500_000,
  verify: 2_000_000,
};

const count = (most: number) =>
  z
    .string()
    .transform(Number)
    .refine((value) => Number.isInteger(value) && value >= 1 && value <= most, `it takes an integer from 1 to ${most}`);

const schema = z
  .object({
    benchmark: z.enum(benchmarkNames, { error: `it takes ${benchmarkNames.join(", ")}` }).default("throughput"),
    events: count(100_000_000).optional(),
    rounds: count(100).prefault("3"),
    out: z.string().min(1, "it takes a file name").optional(),
  })
  .transform(({ benchmark, events, rounds, out }) => ({
    benchmark,
    rounds,
    events: events ?? defaultEvents[benchmark],
    out: out ?? `dist/bench/${benchmark}.json`,
  }));

export type BenchOptions = z.output<typeof schema>;

/** The options, or one sentence on what is wrong with them, or `help`. */
export function parseOptions(args: readonly string[]): BenchOptions | "help" | { readonly problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        events: { type: "string" },
        rounds: { type: "string" },
        out: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return "help";
    const [benchmark, surplus] = positionals;
    if (surplus !== undefined) return { problem: `One benchmark at a time: "${surplus}" is one too many.` };
    const given: Readonly<Record<string, unknown>> = { ...values, benchmark };
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    return {
      problem: `${name === "benchmark" ? name : `--${name}`} got ${JSON.stringify(given[name])}; ${issue?.message ?? ""}.`,
    };
  } catch (error) {
    const detail = error instanceof Error ? error.message.split(". ")[0] : String(error);
    return { problem: `${detail}. See --help.` };
  }
}
