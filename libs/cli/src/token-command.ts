import { execFile } from "node:child_process";

/** No token was to be had now: as with a broker that is away, trying again may help. */
class TokenError extends Error {
  override readonly name = "TokenError";
  readonly retryable = true;
}

const COMMAND_MS = 30_000;
/** A token is not used in its last seconds: it would expire on its way. */
const MARGIN_MS = 30_000;

/**
 * Gives the token that a shell command prints, and runs the command again when the token is about to expire: a JWT says when
 * (`exp`); of any other token nothing is known, so that each connection asks for a new one.
 *
 * Rejects with a TokenError. It shows neither the command nor its output; what the command writes to standard error goes to
 * this process's.
 */
export function createTokenCommand(command: string, now: () => number = Date.now): () => Promise<{ value: string }> {
  let known: { readonly value: string; readonly expiresMs: number } | undefined;
  let running: Promise<{ value: string }> | undefined;

  async function ask(): Promise<{ value: string }> {
    const value = await runCommand(command);
    known = { value, expiresMs: readExpiry(value) };
    return { value };
  }

  return async () => {
    if (known !== undefined && known.expiresMs - MARGIN_MS > now()) return { value: known.value };
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function runCommand(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("/bin/sh", ["-c", command], { timeout: COMMAND_MS }, (error, stdout) => {
      const token = stdout.trim();
      if (error !== null) reject(new TokenError(`KAFKA_SASL_TOKEN_COMMAND failed (${describe(error)})`));
      else if (/^\S+$/.test(token)) resolve(token);
      else reject(new TokenError("KAFKA_SASL_TOKEN_COMMAND did not print one token"));
    });
    child.stderr?.pipe(process.stderr, { end: false });
  });
}

function describe({ code, killed, signal }: { code?: unknown; killed?: unknown; signal?: unknown }): string {
  if (killed === true) return `no end after ${COMMAND_MS / 1000} s`;
  return typeof code === "number" ? `exit code ${code}` : String(signal ?? code);
}

/** In epoch ms; 0 where the token does not tell. */
function readExpiry(token: string): number {
  try {
    const [, payload = ""] = token.split(".");
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
