import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const onLinux = process.platform === "linux";

/** Whether a process runs. One that has ended and waits for its parent (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !onLinux || statusFields(pid)?.[0] !== "Z";
}

/** The pid of the process's parent; undefined when the process is gone. */
export function parentOf(pid: number): number | undefined {
  const parent = Number(onLinux ? statusFields(pid)?.[1] : ps(pid, "ppid="));
  return Number.isInteger(parent) && parent > 0 ? parent : undefined;
}

/** The command line, its words split by spaces; empty when the process is gone. */
export function commandLineOf(pid: number): string {
  return onLinux ? readProc(pid, "cmdline").replaceAll("\0", " ").trim() : ps(pid, "command=");
}

/** Sends the signal; false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** State and parent from /proc/<pid>/stat; the name before them may hold spaces and brackets. */
function statusFields(pid: number): string[] | undefined {
  const stat = readProc(pid, "stat");
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync("ps", ["-o", column, "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}
