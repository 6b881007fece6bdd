import { parseArgs } from "node:util";
import { z } from "zod";
import { presets } from "../scenario/index.js";
import { parseDuration } from "./duration.js";
import { DEFAULT_EVENTS } from "./usage.js";

const presetNames = Object.keys(presets).join(", ");

/** The deck's day, so that a run can be repeated byte for byte and never lies in the future. */
const DEFAULT_START_MS = Date.UTC(2024, 1, 3, 17);
/** As many as the producer creates. */
const DEFAULT_PARTITIONS = 8;

const whole = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to);

// 1970-01-02 to the year 9999, with a zone, so that it means the same everywhere.
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 86_400_000 && ms < 253_402_300_800_000);

const rate = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .transform(Number)
  .refine((value) => value >= 1e-6 && value <= 1e6);

const duration = z
  .string()
  .transform(parseDuration)
  .refine((ms) => ms !== undefined);

const schema = z.object({
  "--scenario": z.string().min(1).default("default"),
  "--seed": whole(0, Number.MAX_SAFE_INTEGER).default(1),
  "--events": whole(1, Number.MAX_SAFE_INTEGER).optional(),
  "--start": time.default(DEFAULT_START_MS),
  "--start-index": whole(0, Number.MAX_SAFE_INTEGER).default(0),
  "--rate": rate.optional(),
  "--partitions": whole(1, 10_000).default(DEFAULT_PARTITIONS),
  "--out": z.string().min(1).optional(),
  "--gzip": z.boolean().default(false),
  "--format": z.enum(["values", "records"]).default("values"),
  "--labels": z.boolean().default(false),
  "--answers": z.string().min(1).optional(),
  "--watermark-delay": duration.optional(),
  "--allowed-lateness": duration.optional(),
  "--max-future-skew": duration.optional(),
});

const A_DURATION = "a duration of at most 366d, such as 5m, 90s or 250ms";

const takes: Readonly<Record<keyof z.infer<typeof schema>, string>> = {
  "--scenario": `${presetNames} or a JSON file`,
  "--seed": `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  "--events": "a whole number from 1 on",
  "--start": "a time with its zone, such as 2024-02-03T17:00:00Z, from 1970-01-02 to the year 9999",
  "--start-index": `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  "--rate": "events per second, a number from 0.000001 to 1000000",
  "--partitions": "a whole number from 1 to 10000",
  "--out": "a file",
  "--gzip": "no value",
  "--format": "values or records",
  "--labels": "no value",
  "--answers": "a directory",
  "--watermark-delay": A_DURATION,
  "--allowed-lateness": A_DURATION,
  "--max-future-skew": A_DURATION,
};

export interface Options {
  /** A preset's name or a file. */
  readonly scenario: string;
  readonly seed: number;
  /** null: all that the scenario has, otherwise `DEFAULT_EVENTS`. */
  readonly events: number | null;
  /** Arrival time of event 0 in epoch ms. */
  readonly startMs: number;
  readonly startIndex: number;
  /** Events per second; null: the scenario's. */
  readonly rate: number | null;
  readonly partitions: number;
  /** null: standard output. */
  readonly out: string | null;
  readonly gzip: boolean;
  readonly format: "values" | "records";
  readonly labels: boolean;
  /** The directory; null: no answers. */
  readonly answers: string | null;
  /** In ms; null: the scenario's, otherwise the consumer's default. */
  readonly watermarkDelayMs: number | null;
  readonly allowedLatenessMs: number | null;
  readonly maxFutureSkewMs: number | null;
}

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

/** The arguments as options, or what is wrong with them in one sentence. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  const read = readArguments(args);
  if (typeof read === "string") return { kind: "wrong", problem: read };
  if (read["--help"] === true) return { kind: "help" };
  const parsed = schema.safeParse(read);
  if (!parsed.success) {
    const name = parsed.error.issues[0]?.path[0] as keyof typeof takes;
    return { kind: "wrong", problem: `${name} takes ${takes[name]}; got ${JSON.stringify(read[name])}.` };
  }
  const { data } = parsed;
  const problem = findContradiction(data);
  if (problem !== undefined) return { kind: "wrong", problem };
  const out = data["--out"] ?? null;
  return {
    kind: "run",
    options: {
      scenario: data["--scenario"],
      seed: data["--seed"],
      events: data["--events"] ?? null,
      startMs: data["--start"],
      startIndex: data["--start-index"],
      rate: data["--rate"] ?? null,
      partitions: data["--partitions"],
      out,
      gzip: data["--gzip"] || (out?.endsWith(".gz") ?? false),
      format: data["--format"],
      labels: data["--labels"],
      answers: data["--answers"] ?? null,
      watermarkDelayMs: data["--watermark-delay"] ?? null,
      allowedLatenessMs: data["--allowed-lateness"] ?? null,
      maxFutureSkewMs: data["--max-future-skew"] ?? null,
    },
  };
}

/** What would have no effect is refused, so that nobody takes it for done. */
function findContradiction(data: z.infer<typeof schema>): string | undefined {
  if (data["--labels"] && data["--format"] === "values")
    return "--labels needs --format=records: values have no room for them.";
  for (const name of ["--watermark-delay", "--allowed-lateness", "--max-future-skew"] as const) {
    if (data[name] !== undefined && data["--answers"] === undefined)
      return `${name} needs --answers: it judges nothing else.`;
  }
  if (data["--start-index"] + (data["--events"] ?? DEFAULT_EVENTS) > Number.MAX_SAFE_INTEGER) {
    return `--start-index and --events add up to more than ${Number.MAX_SAFE_INTEGER}.`;
  }
  return undefined;
}

/** The arguments by their names with dashes, or what is wrong with them. */
function readArguments(args: readonly string[]): Readonly<Record<string, unknown>> | string {
  const flags = new Set<string>(["--gzip", "--labels"]);
  const options = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name.slice(2), { type: flags.has(name) ? "boolean" : "string" } as const]),
  );
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: { ...options, help: { type: "boolean", short: "h" } },
    });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [`--${name}`, value]));
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [firstSentence = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${firstSentence}; --help lists the options.`;
  }
}
