import { parseArgs } from "node:util";
import { z } from "zod";

export const defaultPort = 4321;

export const usage = `Usage: nx run live:serve

Shows the panels in a browser, up to date with each checkpoint, until Ctrl-C.

  --help        print this

  LIVE_PORT     default ${defaultPort}, or a free one where that is taken; 0 is any free port
  LIVE_HOST     default 127.0.0.1: who is to see it from elsewhere needs another address, such as 0.0.0.0
  KAFKA_TOPIC   default socmed-events: whose events are shown
  DATABASE_URL  postgresql://user:password@host:5432/database (default: the running stack's); the reader's role will do
  TIDEMARK_DIR  default .tidemark: where the stack says its addresses
`;

const schema = z.object({
  LIVE_PORT: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, "a port from 0 to 65535")
    .transform(Number)
    .optional(),
  LIVE_HOST: z.string().regex(/^\S+$/, "a host name or address").default("127.0.0.1"),
  KAFKA_TOPIC: z
    .string()
    .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, "a topic name of 1 to 249 letters, digits, dots, dashes or underscores")
    .default("socmed-events"),
});

export interface LiveOptions {
  /** Absent: the default one, or a free one. */
  readonly port: number | undefined;
  readonly host: string;
  readonly topic: string;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: LiveOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Reads arguments and environment through one schema. A wrong one gives one sentence: its name, what it got, what it takes. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: "boolean", short: "h" } } });
    if (values.help === true) return { kind: "help" };
  } catch (error) {
    const detail = error instanceof Error ? error.message.split(". ")[0] : String(error);
    return { kind: "wrong", problem: `${detail}. See --help.` };
  }
  // An empty variable is an unset one.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "" && value !== undefined));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? "options");
    return {
      kind: "wrong",
      problem: `${name} got ${JSON.stringify(given[name])}; it takes ${issue?.message ?? "something else"}.`,
    };
  }
  const { LIVE_PORT: port, LIVE_HOST: host, KAFKA_TOPIC: topic } = parsed.data;
  return { kind: "run", options: { port, host, topic } };
}
