import { parseArgs } from "node:util";
import { z } from "zod";

export const usage = `Usage: nx run bench:run [--events N] [--rounds N] [--out FILE]

Kafka to Postgres, and beside it, in the same run, the same rows by bare COPY from memory into the same table.

  --events N   events in the backlog (default 2000000; 1,000 of them make one second of event time)
  --rounds N   how often both are measured, one after the other (default 3)
  --out FILE   where the figures go as JSON (default dist/bench/throughput.json)
`;

const count = (most: number) => z.coerce.number().int().min(1).max(most);

const schema = z.object({
  events: count(100_000_000).default(2_000_000),
  rounds: count(100).default(3),
  out: z.string().min(1).default("dist/bench/throughput.json"),
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
    return { problem: error instanceof Error ? (error.message.split(". ")[0] ?? error.message) : String(error) };
  }
}
