import { parseArgs } from "node:util";
import { z } from "zod";

export const usage = `Usage: nx run grafana:build | grafana:push [--dry-run] | grafana:reader

  build      writes dashboards and provisioning files to dist/grafana
  push       sends folder, data source and dashboards to a running Grafana
             --dry-run says what differs, and sends nothing
  reader     makes the tables where they are missing, and the role that Grafana logs in as: it may read rollups
             and views, and nothing else
  --help     print this

push:
  GRAFANA_URL               such as http://127.0.0.1:3000
  GRAFANA_TOKEN             of a service account: Editor, or Admin where the data source is sent too
  READER_DATABASE_URL       the reader's address, as Grafana reaches it; without it the data source is left alone

reader:
  TIDEMARK_READER_PASSWORD  the password that the role is given
  TIDEMARK_READER           its name; otherwise tidemark_reader
  DATABASE_URL              the owner's; otherwise that of the running stack
  TIDEMARK_DIR              where that has its files; otherwise .tidemark
`;

const environment = {
  GRAFANA_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, "")),
  GRAFANA_TOKEN: z.string().regex(/^[\x21-\x7e]+$/),
  READER_DATABASE_URL: z.string().min(1).optional(),
  TIDEMARK_READER_PASSWORD: z.string().min(1),
  TIDEMARK_READER: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .default("tidemark_reader"),
};

const takes: Readonly<Record<keyof typeof environment, string>> = {
  GRAFANA_URL: "Grafana's address, such as http://127.0.0.1:3000",
  GRAFANA_TOKEN: "the token of a service account of that Grafana",
  READER_DATABASE_URL: "the reader's address",
  TIDEMARK_READER_PASSWORD: "the password that the reader is given",
  TIDEMARK_READER: "a role's name in small letters, digits and _",
};

const commands = {
  build: z.object({ command: z.literal("build") }),
  push: z.object({
    command: z.literal("push"),
    dryRun: z.boolean(),
    GRAFANA_URL: environment.GRAFANA_URL,
    GRAFANA_TOKEN: environment.GRAFANA_TOKEN,
    READER_DATABASE_URL: environment.READER_DATABASE_URL,
  }),
  reader: z.object({
    command: z.literal("reader"),
    TIDEMARK_READER_PASSWORD: environment.TIDEMARK_READER_PASSWORD,
    TIDEMARK_READER: environment.TIDEMARK_READER,
  }),
};

export type GrafanaOptions =
  z.infer<typeof commands.build> | z.infer<typeof commands.push> | z.infer<typeof commands.reader>;

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: GrafanaOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

const secret: ReadonlySet<string> = new Set<keyof typeof environment>([
  "GRAFANA_TOKEN",
  "READER_DATABASE_URL",
  "TIDEMARK_READER_PASSWORD",
]);

/** Reads arguments and environment; what is wrong with them is one sentence. A blank variable is unset. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const read = readArguments(args);
  if (typeof read === "string") return wrong(read);
  const { command, help, dryRun } = read;
  if (help) return { kind: "help" };
  if (command !== "build" && command !== "push" && command !== "reader") {
    return wrong(`${command === undefined ? "no command" : `no command ${command}`}: it takes build, push or reader.`);
  }
  if (dryRun && command !== "push") return wrong("--dry-run is for push.");
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = commands[command].safeParse({ ...given, command, dryRun });
  if (parsed.success) return { kind: "run", options: parsed.data };
  return wrong(describe(String(parsed.error.issues[0]?.path[0]), given));
}

const wrong = (problem: string): ParsedOptions => ({ kind: "wrong", problem });

function describe(name: string, given: Readonly<Record<string, string | undefined>>): string {
  const wanted = name in takes ? takes[name as keyof typeof takes] : "something else";
  const value = given[name];
  if (value === undefined) return `${name} is not set; it takes ${wanted}.`;
  return `${name} got ${secret.has(name) ? "something else" : JSON.stringify(value)}; it takes ${wanted}.`;
}

interface Arguments {
  readonly command: string | undefined;
  readonly dryRun: boolean;
  readonly help: boolean;
}

function readArguments(args: readonly string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const [command, extra] = positionals;
    if (extra !== undefined) return `${JSON.stringify(extra)} is one argument too many; --help lists the options.`;
    return { command, dryRun: values["dry-run"], help: values.help };
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split(/\.?(?:\n|$|\. )/);
    return `${first}; --help lists the options.`;
  }
}
