import { flag, parseOptions as parse, type ParsedOptions } from "@tidemark/cli";
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

const command = { command: z.string().optional(), "--dry-run": flag };

const schemas = {
  build: z.object(command).transform(() => ({ command: "build" as const })),
  push: z
    .object({
      ...command,
      GRAFANA_URL: z
        .url({ protocol: /^https?$/ })
        .transform((url) => url.replace(/\/+$/, ""))
        .describe("Grafana's address, such as http://127.0.0.1:3000"),
      GRAFANA_TOKEN: z
        .string()
        .regex(/^[\x21-\x7e]+$/)
        .meta({ description: "the token of a service account of that Grafana", secret: true }),
      READER_DATABASE_URL: z.string().meta({ description: "the reader's address", secret: true }).optional(),
    })
    .transform(({ "--dry-run": dryRun, ...given }) => ({ ...given, command: "push" as const, dryRun })),
  reader: z
    .object({
      ...command,
      TIDEMARK_READER_PASSWORD: z.string().meta({ description: "the password that the reader is given", secret: true }),
      TIDEMARK_READER: z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,62}$/)
        .describe("a role's name in small letters, digits and _")
        .default("tidemark_reader"),
    })
    .transform(({ TIDEMARK_READER, TIDEMARK_READER_PASSWORD }) => ({
      command: "reader" as const,
      TIDEMARK_READER,
      TIDEMARK_READER_PASSWORD,
    })),
};

export type GrafanaOptions = z.output<(typeof schemas)[keyof typeof schemas]>;

/** Reads arguments and environment; what is wrong with them is one sentence. A blank variable is unset. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<GrafanaOptions> {
  const parsed = parse(z.object(command), args);
  if (parsed.kind !== "run") return parsed;
  const { command: name, "--dry-run": dryRun } = parsed.options;
  if (name !== "build" && name !== "push" && name !== "reader") {
    return wrong(`${name === undefined ? "no command" : `no command ${name}`}: it takes build, push or reader.`);
  }
  if (dryRun && name !== "push") return wrong("--dry-run is for push.");
  return parse<z.ZodType<GrafanaOptions>>(schemas[name], args, env);
}

const wrong = (problem: string) => ({ kind: "wrong", problem }) as const;
