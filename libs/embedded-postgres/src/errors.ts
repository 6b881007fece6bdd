export type EmbeddedPostgresErrorCode =
  | "unsupported-platform"
  | "no-binaries"
  | "no-account"
  | "unusable-directory"
  | "wrong-version"
  | "in-use"
  | "port-in-use"
  | "disk-full"
  | "initdb-failed"
  | "start-failed"
  | "still-running";

/** Postgres could not be started. `code` says which case it is, the message what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Callers in JavaScript may leave it out. */
export function requireDataDir(options: { readonly dataDir?: unknown } | undefined): void {
  const dataDir = options?.dataDir;
  if (typeof dataDir === "string" && dataDir !== "") return;
  const problem = dataDir === undefined ? "dataDir is missing" : `dataDir is ${JSON.stringify(dataDir)}`;
  const message = `${problem}: give startPostgres the directory of its cluster, such as { dataDir: ".data/postgres" }.`;
  throw new EmbeddedPostgresError("unusable-directory", message);
}

/**
 * What the last lines of a failed `initdb` or `postgres` mean.
 *
 * `fallback` is the code for a failure that has no name of its own; the lines themselves then tell.
 */
export function explainFailure(
  what: string,
  lines: readonly string[],
  fallback: "initdb-failed" | "start-failed",
): EmbeddedPostgresError {
  const said = lines.join("\n");
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new EmbeddedPostgresError(
      "disk-full",
      `${what}: the disk is full. Free some space and start again.\n${said}`,
    );
  }
  if (/could not bind .*Address already in use/.test(said)) {
    return new EmbeddedPostgresError("port-in-use", `${what}: the port is taken. Give another port, or none for any.`);
  }
  if (/lock file "postmaster\.pid" already exists/.test(said)) {
    return new EmbeddedPostgresError("in-use", `${what}: another Postgres has just been started on this directory.`);
  }
  return new EmbeddedPostgresError(fallback, `${what}:\n${said === "" ? "it said nothing" : said}`);
}
