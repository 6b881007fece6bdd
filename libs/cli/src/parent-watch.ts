import { readFileSync } from "node:fs";

interface Link {
  readonly pid: number;
  readonly parent: number;
}

/**
 * Calls `onGone` once when the process that started this one has ended: an orphan gets another parent.
 *
 * A shell that only carries a command (`sh -c`, as Nx uses it) outlives what started it. Where there is /proc, such shells
 * are seen through. Returns what stops the watching.
 */
export function watchParent(onGone: () => void): () => void {
  const links = traceStarters();
  const timer = setInterval(() => {
    if (links.every(({ pid, parent }) => parentOf(pid) === parent)) return;
    clearInterval(timer);
    onGone();
  }, 500);
  timer.unref();
  return () => clearInterval(timer);
}

/** From this process to the first parent that is no mere carrier. */
function traceStarters(): Link[] {
  const links: Link[] = [{ pid: process.pid, parent: process.ppid }];
  for (let pid = process.ppid; isCarrier(pid);) {
    const parent = parentOf(pid);
    if (parent === undefined || parent === 0) break;
    links.push({ pid, parent });
    pid = parent;
  }
  return links;
}

function isCarrier(pid: number): boolean {
  return pid > 1 && /^(\S*\/)?(ba|da|z|k)?sh\0-c\0/.test(readProc(pid, "cmdline"));
}

function parentOf(pid: number): number | undefined {
  if (pid === process.pid) return process.ppid;
  const stat = readProc(pid, "stat");
  // State and parent follow the name, which may hold spaces and brackets.
  return stat === "" ? undefined : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
