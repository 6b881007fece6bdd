import { parseArgs } from "node:util";
import { z } from "zod";
import { shortestMs } from "./schedule.js";

export const usage = `Usage: nx run chaos:run -- --seed N --minutes M [options]

Runs a producer (scenario dirty) and consumers as processes, with a Kafka and a
Postgres of their own, and kills, stops, cuts off and restarts them by a seeded
schedule that it prints. Then all is mended, and when all is caught up, the
tables are recomputed from the log and compared by value.

  --seed N              of the schedule and of the scenario
  --minutes M           how long there are faults, such as 0.5 or 35
  --consumers N         1 to 4 (default 4)
  --rate N              events a second (default 1000)
  --kafka KIND          embedded (default), or real: Apache Kafka, which needs
                        Java 17 and, the first time, Maven and the network
  --postgres KIND|DIR   embedded (default), or a directory with the binaries of
                        another Postgres, such as /usr/lib/postgresql/15/bin
  --out FILE            schedule, counts and verdict as JSON
  --help                print this

Exit code 0: equal, 1: different or not caught up, 2: wrong options, or a
server that cannot be had.
`;

const shortestMinutes = Math.ceil(shortestMs / 6_000) / 10;
const longestMinutes = 24 * 60;

const whole = (from: number, to: number) => {
  const takes = `a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, takes)
    .transform(Number)
    .refine((value) => value >= from && value <= to, takes);
};

const minutesTake = `minutes from ${shortestMinutes} to ${longestMinutes}, such as 1.5`;

const schema = z.object({
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  minutes: z
    .string({ error: minutesTake })
    .regex(/^\d{1,4}(\.\d{1,3})?$/, minutesTake)
    .transform(Number)
    .refine((value) => value >= shortestMinutes && value <= longestMinutes, minutesTake),
  consumers: whole(1, 4).prefault("4"),
  rate: whole(10, 20_000).prefault("1000"),
  kafka: z.enum(["embedded", "real"], { error: "embedded or real" }).default("embedded"),
  postgres: z.string().min(1, "embedded, or a directory with initdb and postgres in it").default("embedded"),
  out: z.string().min(1, "a file's name").optional(),
});

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly consumers: number;
  /** Events a second. */
  readonly rate: number;
  readonly kafka: "embedded" | "real";
  /** A directory of binaries; null: those from npm. */
  readonly postgresBinaries: string | null;
  /** null: none is asked for. */
  readonly out: string | null;
}

/** The options, or one sentence on what is wrong with them, or `help`. */
export function parseOptions(args: readonly string[]): ChaosOptions | "help" | { readonly problem: string } {
  const given = readArguments(args);
  if (typeof given === "string") return { problem: given };
  if (given["help"] === true) return "help";
  for (const name of ["seed", "minutes"]) {
    if (given[name] === undefined) return { problem: `--${name} is missing; --help lists the options.` };
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0]);
    return { problem: `--${name} got ${JSON.stringify(given[name])}; it takes ${issue?.message}.` };
  }
  const { postgres, out = null, ...options } = parsed.data;
  return { ...options, out, postgresBinaries: postgres === "embedded" ? null : postgres };
}

function readArguments(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> | string {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: text,
        minutes: text,
        consumers: text,
        rate: text,
        kafka: text,
        postgres: text,
        out: text,
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [firstSentence = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${firstSentence}; --help lists the options.`;
  }
}
