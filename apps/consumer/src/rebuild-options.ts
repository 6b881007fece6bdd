import { flag, parseOptions as parse, wholeNumber, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";
import { readVariables, variables, variablesUsage, type ConsumerOptions } from "./options.js";

export const rebuildUsage = `Usage: nx run consumer:rebuild -- (--partition N [--without OFFSETS] [--including OFFSETS] | --all
         | --definition [--from DAY] [--absent FIELDS]) [--json]

Reads the log into tables again. Where the log no longer holds the records from the first one that was read, it refuses, and says
what would be lost; with --definition it takes the rows of the tables instead, if that is exact. With --partition and --all it takes partitions out of the tables, and reads them until it has caught up;
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
  --definition --from DAY
                     such as 2024-02-03: new rollups may begin on that UTC day, where retention has dropped the raw rows of
                     earlier ones and the log has lost their records; the refusal without it names the first possible day
  --definition --absent FIELDS
                     no record that was read so far had these new fields, with commas between them: rows that are made of rows
                     have null there, or the default. What the log still has is looked at; nothing can check the rest
  --definition --abandon
                     drops what an unfinished run has filled; the tables in use stay
  --json             print progress as lines of JSON
  --help             print this

${variablesUsage}  RETENTION_DAYS, QUIET_AFTER
                     as for consumer:serve
  TIDEMARK_DIR       default .tidemark: where the stack says its addresses
`;

export type RebuildTarget = PartitionTarget | DefinitionTarget | { readonly type: "abandon" };

export interface DefinitionTarget {
  readonly type: "definition";
  /** Epoch ms, the start of a UTC day. */
  readonly fromMs: number | undefined;
  readonly absent: readonly string[];
}

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

const day = z.iso
  .date("a day such as 2024-02-03")
  .transform((given) => Date.parse(given))
  .describe("a day such as 2024-02-03")
  .optional();

const fields = z
  .string()
  .regex(/^[^,]+(,[^,]+)*$/)
  .transform((given) => given.split(","))
  .describe("names of fields with commas between them")
  .optional();

const schema = z
  .object({
    "--partition": wholeNumber(0, 2 ** 31 - 1, "the number of a partition").optional(),
    "--all": flag,
    "--definition": flag,
    "--abandon": flag,
    "--without": offsets,
    "--including": offsets,
    "--from": day,
    "--absent": fields,
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
  .refine(
    (given) =>
      (given["--definition"] && !given["--abandon"]) ||
      (given["--from"] === undefined && given["--absent"] === undefined),
    { message: "--from and --absent take --definition beside them, and no --abandon." },
  )
  .transform((given): RebuildOptions => ({
    untilCaughtUp: true,
    acceptLoss: false,
    output: given["--json"] ? "json" : "status",
    ...readVariables(given),
    // The consumer that is at work may have the port.
    monitor: undefined,
    target: targetOf(given),
  }));

interface GivenTarget {
  readonly "--partition"?: number | undefined;
  readonly "--without"?: readonly number[] | undefined;
  readonly "--including"?: readonly number[] | undefined;
  readonly "--from"?: number | undefined;
  readonly "--absent"?: readonly string[] | undefined;
  readonly "--definition": boolean;
  readonly "--abandon": boolean;
}

function targetOf(given: GivenTarget): RebuildTarget {
  if (given["--abandon"]) return { type: "abandon" };
  if (given["--definition"]) return { type: "definition", fromMs: given["--from"], absent: given["--absent"] ?? [] };
  return {
    type: "partitions",
    partition: given["--partition"],
    without: given["--without"] ?? [],
    including: given["--including"] ?? [],
  };
}

export const parseRebuildOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<RebuildOptions> => parse(schema, args, env);
