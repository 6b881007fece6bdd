import { parseArgs } from "node:util";
import { globalRegistry, type z } from "zod";
import { EXIT_CODES } from "./exit-codes.js";

/** The options of a program, or help was asked for, or one sentence that says which option is wrong. */
export type ParsedOptions<Options> =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problem: string };

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * Reads arguments and environment through one zod object, which may be refined and transformed as a whole.
 *
 * A key `--name` is a flag: it takes no value where its schema is a boolean. A key `NAME` is an environment variable,
 * and a blank one counts as unset. A key in lower case is the only positional argument. Each value arrives as text.
 * The `describe` of a key says what it takes: `NAME got X; it takes Y.` is the sentence for a wrong value, and with
 * `.meta({ secret: true })` the value is not repeated. A custom issue that ends with a period is a sentence of its own.
 */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  args: readonly string[],
  env: Environment = {},
): ParsedOptions<z.output<Schema>> {
  const shape = shapeOf(schema);
  const read = readArguments(shape, args);
  if (typeof read === "string") return { kind: "wrong", problem: read };
  if (read["--help"] === true) return { kind: "help" };
  const given = { ...read, ...readVariables(shape, env) };
  const parsed = schema.safeParse(given);
  if (parsed.success) return { kind: "run", options: parsed.data };
  return { kind: "wrong", problem: describeIssue(parsed.error.issues[0], shape, given) };
}

/** Prints the usage that was asked for, or what is wrong with the options, and returns the exit code. */
export function answerOptions(
  parsed: Exclude<ParsedOptions<unknown>, { kind: "run" }>,
  usage: string,
  warn: (line: string) => void,
): number {
  if (parsed.kind === "wrong") {
    warn(parsed.problem);
    return EXIT_CODES.usage;
  }
  process.stdout.write(usage);
  return EXIT_CODES.ok;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The object's keys, below what refines or transforms it as a whole. */
function shapeOf(schema: z.core.$ZodType): Shape {
  const object = layersOf(schema).find(isObject);
  if (object === undefined) throw new TypeError("the schema of options is a zod object");
  return object._zod.def.shape;
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === "object";
}

/** The schema, and what its defaults, refinements and transformations stand around, from outside to inside. */
function layersOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { innerType, in: input } = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  const inner = innerType ?? input;
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

function readArguments(shape: Shape, args: readonly string[]): Values | string {
  const names = Object.keys(shape);
  const flags = names.filter((name) => name.startsWith("--"));
  const positional = names.find((name) => /^[a-z]/.test(name));
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: positional !== undefined,
      options: {
        help: { type: "boolean", short: "h" },
        ...Object.fromEntries(flags.map((name) => [name.slice(2), { type: typeOf(shape[name]) }])),
      },
    });
    const [first, surplus] = positionals;
    if (surplus !== undefined) return `${JSON.stringify(surplus)} is one argument too many; --help lists the options.`;
    const given = Object.entries(values).map(([name, value]) => [`--${name}`, value]);
    return {
      ...Object.fromEntries(given),
      ...(positional !== undefined && first !== undefined && { [positional]: first }),
    };
  } catch (error) {
    // Node's message goes on with advice on further lines or sentences.
    const [first = ""] = (error as Error).message.split(/\.?(?:\n|$|\. )/);
    return `${first}; --help lists the options.`;
  }
}

function typeOf(schema: z.core.$ZodType | undefined): "boolean" | "string" {
  const isFlag = schema !== undefined && layersOf(schema).some(({ _zod }) => _zod.def.type === "boolean");
  return isFlag ? "boolean" : "string";
}

function readVariables(shape: Shape, env: Environment): Values {
  const isSet = (name: string): boolean => (env[name] ?? "").trim() !== "";
  const variables = Object.keys(shape).filter((name) => /^[A-Z]/.test(name) && isSet(name));
  return Object.fromEntries(variables.map((name) => [name, env[name]]));
}

function describeIssue(issue: z.core.$ZodIssue | undefined, shape: Shape, given: Values): string {
  if (issue === undefined || (issue.code === "custom" && issue.message.endsWith("."))) return String(issue?.message);
  const name = String(issue.path[0]);
  const { description, secret } = readMeta(shape[name]);
  const takes = `it takes ${description ?? issue.message}.`;
  if (given[name] !== undefined) {
    return `${name} got ${secret === true ? "something else" : JSON.stringify(given[name])}; ${takes}`;
  }
  return name.startsWith("--") ? `${name} is missing; --help lists the options.` : `${name} is not set; ${takes}`;
}

/** The description that stands farthest outside. */
function readMeta(schema: z.core.$ZodType | undefined): {
  readonly description?: string | undefined;
  readonly secret?: unknown;
} {
  if (schema === undefined) return {};
  return layersOf(schema).flatMap((layer) => globalRegistry.get(layer) ?? [])[0] ?? {};
}
