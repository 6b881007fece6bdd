import { parseArgs } from "node:util";
import { z } from "zod";

export const usage = `Usage: nx run real-kafka:run [--dir DIR] [--port N] [--cache DIR]

Runs a real Apache Kafka on 127.0.0.1 until Ctrl-C, and prints its address once it is ready. It needs Java 17 or newer, and
the first time Maven and the network.

  --dir DIR    its data (default real-kafka in TIDEMARK_DIR, which is .tidemark in the repository)
  --port N     default: any that is free
  --cache DIR  Kafka's jars (default ~/.cache/tidemark)
  --help       print this
`;

const path = z.string().regex(/^[^\0]+$/, "a directory's path");

const schema = z.object({
  dir: path.optional(),
  port: z
    .string()
    .regex(/^\d{1,5}$/, "a port from 1 to 65535")
    .transform(Number)
    .refine((value) => value >= 1 && value <= 65_535, "a port from 1 to 65535")
    .optional(),
  cache: path.optional(),
});

export type RunOptions = z.output<typeof schema>;

/** The options, or one sentence on what is wrong with them, or `help`. */
export function parseOptions(args: readonly string[]): RunOptions | "help" | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        dir: { type: "string" },
        port: { type: "string" },
        cache: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return "help";
    const given: Readonly<Record<string, unknown>> = values;
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    return { problem: `--${name} got ${JSON.stringify(given[name])}; it takes ${issue?.message ?? "another value"}.` };
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [first = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return { problem: `${first}; --help lists the options.` };
  }
}
