import { parseArgs } from "node:util";
import { AddressError, parseDatabaseUrl, parseKafkaBrokers } from "@tidemark/cli";
import { z } from "zod";

export const usage = `Usage: nx run stack:serve [--kafka-port N] [--postgres-port N] [--detached]

Runs an embedded Kafka and an embedded Postgres on 127.0.0.1, for development and tests, until Ctrl-C.

  --kafka-port N     default 19092, or a free one where that is taken
  --postgres-port N  default 15432, or a free one where that is taken
  --detached         go on when the process that started this one ends, and when its terminal closes
  --help             print this

  TIDEMARK_DIR       default .tidemark in the repository: the data, and stack.json with the addresses
  KAFKA_BROKERS      where it is set, no Kafka is started
  DATABASE_URL       where it is set, no Postgres is started
`;

const port = z
  .string()
  .regex(/^\d{1,5}$/, "a port from 1 to 65535")
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, "a port from 1 to 65535")
  .optional();

/** Takes what the parser takes; its error then says the rest. */
const checked = (parse: (text: string) => unknown) =>
  z
    .string()
    .optional()
    .superRefine((text, context) => {
      try {
        if (text !== undefined) parse(text);
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        context.addIssue({ code: "custom", message: error.message, params: { whole: true } });
      }
    });

const schema = z.object({
  "--kafka-port": port,
  "--postgres-port": port,
  "--detached": z.boolean().default(false),
  TIDEMARK_DIR: z
    .string()
    .regex(/^[^\0]*$/, "a directory's path")
    .optional(),
  KAFKA_BROKERS: checked(parseKafkaBrokers),
  DATABASE_URL: checked(parseDatabaseUrl),
});

export interface StackOptions {
  /** Absent: the default one, or a free one. */
  readonly kafkaPort: number | undefined;
  readonly postgresPort: number | undefined;
  readonly detached: boolean;
  readonly tidemarkDir: string | undefined;
  /** Whether to start it: false where the environment has an address. */
  readonly kafka: boolean;
  readonly postgres: boolean;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: StackOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Reads arguments and environment through one schema; what is wrong with them is one sentence. A blank variable is unset. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const values = readArguments(args);
  if (typeof values === "string") return { kind: "wrong", problem: values };
  if (values["help"] === true) return { kind: "help" };
  const given: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`--${name}`, value])),
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== "")),
  };
  const parsed = schema.safeParse(given);
  if (!parsed.success) return { kind: "wrong", problem: describeIssue(parsed.error.issues[0], given) };
  const { data } = parsed;
  if (data["--kafka-port"] !== undefined && data["--kafka-port"] === data["--postgres-port"]) {
    return { kind: "wrong", problem: "--kafka-port and --postgres-port are the same; they take two different ones." };
  }
  return {
    kind: "run",
    options: {
      kafkaPort: data["--kafka-port"],
      postgresPort: data["--postgres-port"],
      detached: data["--detached"],
      tidemarkDir: data.TIDEMARK_DIR,
      kafka: data.KAFKA_BROKERS === undefined,
      postgres: data.DATABASE_URL === undefined,
    },
  };
}

function describeIssue(issue: z.core.$ZodIssue | undefined, given: Readonly<Record<string, unknown>>): string {
  if (issue === undefined) return "the options are wrong; --help lists them.";
  if (issue.code === "custom" && issue.params?.["whole"] === true) return issue.message;
  const name = String(issue.path[0]);
  return `${name} got ${JSON.stringify(given[name])}; it takes ${issue.message}.`;
}

function readArguments(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> | string {
  try {
    return parseArgs({
      args: [...args],
      options: {
        "kafka-port": { type: "string" },
        "postgres-port": { type: "string" },
        detached: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [first = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${first}; --help lists the options.`;
  }
}
