import { parseArgs } from "node:util";
import { z } from "zod";

export const usage = `Usage: nx run bench:run [--events N] [--rounds N] [--out FILE]

Kafka to Postgres, and beside it, in the same run, the same rows by bare COPY from memory into the same table.

  --events N   events in the backlog (default 2000000; 1,000 of them make one second of event time)
  --rounds N   how often both are measured, one after the other (default 3)
  --out FILE   where the figures go as JSON (default dist/bench/throughput.json)
`;

const count = (most: number) =>
  z
    .string()
    .transform(Number)
    .refine((value) => Number.isInteger(value) && value >= 1 && value <= most, `it takes an integer from 1 to ${most}`);

const schema = z.object({
  events: count(100_000_000).prefault("2000000"),
  rounds: count(100).prefault("3"),
  out: z.string().min(1, "it takes a file name").default("dist/bench/throughput.json"),
});

export type BenchOptions = z.infer<typeof schema>;

/** The options, or one sentence on what is wrong with them, or `help`. */
export function parseOptions(args: readonly string[]): BenchOptions | "help" | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: "string" },
        rounds: { type: "string" },
        out: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return "help";
    const parsed = schema.safeParse(values);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]) as keyof typeof values;
    return { problem: `--${name} got ${JSON.stringify(values[name])}; ${issue?.message ?? ""}.` };
  } catch (error) {
    const detail = error instanceof Error ? error.message.split(". ")[0] : String(error);
    return { problem: `${detail}. See --help.` };
  }
}
