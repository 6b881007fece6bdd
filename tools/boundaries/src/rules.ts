/** The rules as data: who may import whom, and what a pure lib may not touch. The other files only apply them. */

/**
 * What each lib's own code may import of the other libs. `sinks/tables` allows that subpath alone; the lib's tests may import the
 * other subpaths too.
 * A lib that is missing here is a finding, so that a new one is given its place.
 */
export const libMayImport: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  metrics: [],
  windowing: [],
  sources: [],
  telemetry: [],
  "embedded-kafka": [],
  "embedded-postgres": [],
  scenario: ["schema", "metrics"],
  sinks: ["schema", "metrics", "windowing"],
  pipeline: ["schema", "metrics", "windowing", "sources", "sinks"],
  socmed: ["schema", "metrics", "windowing", "sinks/tables", "pipeline/definition", "panels", "scenario"],
  cli: ["pipeline", "sources", "sinks"],
  panels: ["schema", "metrics", "sinks/tables"],
};

/** What the tests and benchmarks of a lib may import besides: real servers and a stream of events. */
export const testsMayImport: readonly string[] = ["embedded-kafka", "embedded-postgres", "scenario"];

/** Tools that the tests of libs and apps may import: contract suites and helpers that several projects share. */
export const testTools: readonly string[] = ["testkit"];

/** Folders of a project that hold tests and benchmarks. */
export const testFolders: readonly string[] = ["test", "bench"];

export interface PurePackage {
  /** The package, and where given only these of its subpaths (`.` is the package itself). */
  readonly name: string;
  readonly subpaths?: readonly string[];
  /** The projects that may import it; none given: all. */
  readonly projects?: readonly string[];
  /** Names that are not to be imported, and why. A namespace or default import would bring them, so it is refused too. */
  readonly forbiddenNames?: { readonly pattern: RegExp; readonly reason: string };
  /** Calls and constructions that must be given their randomness: see `unseeded.ts`. */
  readonly seeded?: readonly SeededCall[];
}

export interface SeededCall {
  readonly callee: string;
  /** The call needs an argument; where keys are given, an object literal that has one of them. */
  readonly keys?: readonly string[];
}

/** Third-party packages that code reached from a pure lib may import. Every other one is a finding. */
export const purePackages: readonly PurePackage[] = [
  { name: "zod" },
  {
    name: "@faker-js/faker",
    projects: ["scenario", "socmed"],
    forbiddenNames: {
      pattern: /^(simpleFaker|faker([A-Z].*)?)$/,
      reason: "is a global instance with a random seed: make one by `new Faker({ locale, randomizer })`",
    },
    seeded: [
      { callee: "Faker", keys: ["randomizer", "seed"] },
      { callee: "SimpleFaker", keys: ["randomizer", "seed"] },
      { callee: "generateMersenne32Randomizer" },
      { callee: "generateMersenne53Randomizer" },
    ],
  },
  { name: "drizzle-orm", subpaths: [".", "pg-core", "sql"], projects: ["sinks", "pipeline", "panels", "socmed"] },
];

/** The one lib that may name fields, tables and panels of the flagship, and what those names look like. */
export const flagship = {
  lib: "socmed",
  names: /kota|sosial|socmed|pagevisitors|page_visitors/i,
} as const;

export interface GlobalRule {
  readonly name: string;
  /** Members that are forbidden; the others are free. */
  readonly forbidden?: readonly string[];
  /** Members that are free; the others are forbidden. Neither list: the name itself is forbidden. */
  readonly allowed?: readonly string[];
  /** The one file that may use it. */
  readonly freeIn?: string;
  readonly advice: string;
}

const clock = "a pure lib reads no clock: take the time as an argument";
const timer = "a pure lib waits for nothing: leave the waiting to the app";
const environment = "a pure lib reads no environment: take the value as an argument";
const randomness = "a pure lib reads no global randomness: take a seed or a generator as an argument";
const output = "a pure lib prints nothing: return it as data";
const network = "a pure lib does no IO: leave it to the app";
const loading = "what a pure lib loads must be told by its imports: use an import of a literal";
const bytes = "bytes are Uint8Array in a pure lib, so that it runs in a browser too";

/** Globals that a pure lib may not use. `Date` has cases of its own in `judgeDate`. */
export const impureGlobals: readonly GlobalRule[] = [
  { name: "Date", allowed: ["UTC"], advice: clock },
  // The secret of a hash table, which what the table holds does not depend on.
  { name: "Math", forbidden: ["random"], freeIn: "libs/windowing/src/uuid-hash.ts", advice: randomness },
  { name: "crypto", forbidden: ["randomUUID", "getRandomValues"], advice: randomness },
  { name: "performance", advice: clock },
  { name: "Temporal", forbidden: ["Now"], advice: clock },
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask"].map((name) => ({ name, advice: timer })),
  ...["process", "navigator", "Deno", "Bun", "__dirname", "__filename"].map((name) => ({ name, advice: environment })),
  ...["global", "window", "self"].map((name) => ({ name, advice: environment })),
  { name: "console", advice: output },
  ...["fetch", "WebSocket", "XMLHttpRequest", "Worker"].map((name) => ({ name, advice: network })),
  ...["require", "module", "eval"].map((name) => ({ name, advice: loading })),
  // An event's reader is compiled from its definition; the code imports nothing, and an interpreted path does without it.
  { name: "Function", freeIn: "libs/schema/src/compile.ts", advice: loading },
  { name: "Buffer", advice: bytes },
];

const zone = "it answers by the machine's time zone: use the UTC method";
const locale = "it answers by the machine's locale: name the locale, or compare by < and >";

export interface MethodRule {
  readonly names: readonly string[];
  /** With at least this many arguments the call is free. */
  readonly freeFrom?: number;
  readonly advice: string;
}

/** Methods, whatever they are called on, that read the time zone or the locale of the machine. */
export const impureMethods: readonly MethodRule[] = [
  {
    names: ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]
      .flatMap((part) => [`get${part}`, `set${part}`])
      .concat("getTimezoneOffset", "toDateString", "toTimeString"),
    advice: zone,
  },
  { names: ["localeCompare"], freeFrom: 2, advice: locale },
  {
    names: ["String", "DateString", "TimeString", "UpperCase", "LowerCase"].map((end) => `toLocale${end}`),
    freeFrom: 1,
    advice: locale,
  },
];
