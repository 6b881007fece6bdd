/** Runs programs to their end. */
import { spawnSync } from "node:child_process";

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(command: string, args: readonly string[], cwd: string): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: withoutOuter(process.env),
  });
  if (error !== undefined) throw error;
  return { exitCode: status, stdout, stderr };
}

/** As `run`, but anything else than exit code 0 throws what was printed. */
export function runOrThrow(command: string, args: readonly string[], cwd: string): string {
  const { exitCode, stdout, stderr } = run(command, args, cwd);
  if (exitCode === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with exit code ${exitCode}\n${stdout}${stderr}`);
}

/**
 * What an outer `npm test` tells its scripts of its own workspace is not for the npm that is run here; and of wishes for
 * colours that contradict each other Node warns on stderr.
 */
function withoutOuter(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited =
    /^(npm_(package|lifecycle|command|node_execpath|execpath|config_(local_prefix|workspace))|INIT_CWD|NODE_OPTIONS|NO_COLOR|FORCE_COLOR)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !inherited.test(name)));
}
