import { flag, parseOptions as parse, wholeNumber, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";
import { readVariables, variables, variablesUsage, type ConsumerOptions } from "./options.js";

export const rebuildUsage = `Usage: nx run consumer:rebuild -- (--partition N [--without OFFSETS] [--including OFFSETS] | --all | --definition) [--json]

Reads the log into tables again. It refuses where the log no longer holds the records from the first one that was read, and says
what would be lost. With --partition and --all it takes partitions out of the tables, and reads them until it has caught up;
it refuses while consumers of the group are at work.

  --partition N      that partition of the topic
  --without OFFSETS  from now on without the records at these offsets, with commas between them: they are rejected with the
                     reason "excluded", in each later rebuild too; verify:run knows it
  --including OFFSETS
                     takes back what an earlier --without left out
  --all              all partitions that were read
  --definition       after a change of the definition, such as WATERMARK_DELAY or a rollup: fills new tables beside those that
                     are there, by the consumer group KAFKA_GROUP.next, and puts them in their place in one transaction. Readers
                     and the consumer may be at work; start the consumer anew with this definition afterwards. Run it again
                     after it was stopped or killed
  --definition --abandon
                     drops what an unfinished run has filled; the tables in use stay
  --json             print progress as lines of JSON
  --help             print this

${variablesUsage}  RETENTION_DAYS, QUIET_AFTER
                     as for consumer:serve
  TIDEMARK_DIR       default .tidemark: where the stack says its addresses
`;

export type RebuildTarget = PartitionTarget | { readonly type: "definition" } | { readonly type: "abandon" };

export interface PartitionTarget {
  readonly type: "partitions";
  /** Undefined: all of them. */
  readonly partition: number | undefined;
  readonly without: readonly number[];
  readonly including: readonly number[];
}

export interface RebuildOptions extends ConsumerOptions {
  readonly target: RebuildTarget;
}

const offsets = z
  .string()
  .regex(/^\d{1,15}(,\d{1,15})*$/)
  .transform((given) => given.split(",").map(Number))
  .describe("offsets with commas between them, such as 812 or 812,940")
  .optional();

const schema = z
  .object({
    "--partition": wholeNumber(0, 2 ** 31 - 1, "the number of a partition").optional(),
    "--all": flag,
    "--definition": flag,
    "--abandon": flag,
    "--without": offsets,
    "--including": offsets,
    "--json": flag,
    ...variables,
  })
  .refine(
    (given) => [given["--all"], given["--definition"], given["--partition"] !== undefined].filter(Boolean).length === 1,
    { message: "It takes either --partition N, --all or --definition; --help lists the options." },
  )
  .refine(
    (given) =>
      given["--partition"] !== undefined || (given["--without"] === undefined && given["--including"] === undefined),
    { message: "--without and --including take a --partition beside them: offsets are those of one partition." },
  )
  .refine((given) => given["--definition"] || !given["--abandon"], {
    message: "--abandon takes --definition beside it.",
  })
  .transform((given): RebuildOptions => ({
    untilCaughtUp: true,
    acceptLoss: false,
    output: given["--json"] ? "json" : "status",
    ...readVariables(given),
    // The consumer that is at work may have the port.
    monitor: undefined,
    target: given["--definition"]
      ? { type: given["--abandon"] ? "abandon" : "definition" }
      : {
          type: "partitions",
          partition: given["--partition"],
          without: given["--without"] ?? [],
          including: given["--including"] ?? [],
        },
  }));

export const parseRebuildOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<RebuildOptions> => parse(schema, args, env);
