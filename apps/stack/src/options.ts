import {
  AddressError,
  directory,
  flag,
  parseDatabaseUrl,
  parseKafkaBrokers,
  parseOptions as parse,
  port,
  type ParsedOptions,
} from "@tidemark/cli";
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

/** Takes what `check` takes, whose AddressError is the sentence for anything else. */
const checked = (check: (text: string) => unknown) =>
  z
    .string()
    .optional()
    .superRefine((text, context) => {
      try {
        if (text !== undefined) check(text);
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
      }
    });

const schema = z
  .object({
    "--kafka-port": port(1).optional(),
    "--postgres-port": port(1).optional(),
    "--detached": flag,
    TIDEMARK_DIR: directory.optional(),
    KAFKA_BROKERS: checked(parseKafkaBrokers),
    DATABASE_URL: checked(parseDatabaseUrl),
  })
  .refine((given) => given["--kafka-port"] === undefined || given["--kafka-port"] !== given["--postgres-port"], {
    message: "--kafka-port and --postgres-port are the same; they take two different ones.",
  })
  .transform((given): StackOptions => ({
    kafkaPort: given["--kafka-port"],
    postgresPort: given["--postgres-port"],
    detached: given["--detached"],
    tidemarkDir: given.TIDEMARK_DIR,
    kafka: given.KAFKA_BROKERS === undefined,
    postgres: given.DATABASE_URL === undefined,
  }));

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<StackOptions> => parse(schema, args, env);
