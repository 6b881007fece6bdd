/** Something could not be written. The message is a sentence for who runs the program. */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "output-failed";

  /** What could not be. */
  readonly target: string;
  /** 2: it could not even be opened, so the option is wrong; 1: it failed later. */
  readonly exitCode: 1 | 2;

  constructor(target: string, exitCode: 1 | 2, cause: unknown) {
    super(`${target} can't be written: ${reasonOf(cause)}.`, { cause });
    this.target = target;
    this.exitCode = exitCode;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such directory",
  ENOTDIR: "a part of the path is no directory",
  EISDIR: "it is a directory",
  EEXIST: "it is there already",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the quota of disk space is used up",
  EFBIG: "it would be too large a file",
  EPIPE: "whoever read it has closed it",
  EMFILE: "too many files are open",
};

function reasonOf(cause: unknown): string {
  return reasons[codeOf(cause) ?? ""] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** The code of a system error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
