import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedKafkaError, systemErrorCode } from "../errors.js";

/**
 * Takes `<directory>/lock` for this process and returns what gives it back. The lock of a process that is no more is
 * taken over. Throws EmbeddedKafkaError "directory-locked" while its owner lives.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, "lock");
  const draft = `${path}.${process.pid}`;
  // The start time tells a pid from the same one used again, which is common in containers.
  writeFileSync(draft, `${process.pid} ${readStat(process.pid)?.startTime ?? ""}`);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // Linked, not written: the lock appears with its content or not at all.
      if (unless("EEXIST", () => linkSync(draft, path))) return () => rmSync(path, { force: true });
      unless("ENOENT", () => removeStale(path));
    }
    throw locked(path, "unknown");
  } finally {
    rmSync(draft, { force: true });
  }
}

function unless(code: "EEXIST" | "ENOENT", action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === code) return false;
    throw error;
  }
}

function removeStale(path: string): void {
  const owner = readFileSync(path, "utf8");
  const [pid = "", startTime = ""] = owner.split(" ");
  if (isAlive(Number(pid), startTime)) throw locked(path, pid);
  // Renamed before it is removed: if another broker took the stale lock over meanwhile, its fresh one goes back.
  const aside = `${path}.stale.${process.pid}`;
  renameSync(path, aside);
  if (readFileSync(aside, "utf8") !== owner) unless("EEXIST", () => linkSync(aside, path));
  rmSync(aside);
}

/** What Linux tells of a process; null elsewhere, or when there is none. */
function readStat(pid: number): { readonly state: string; readonly startTime: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, startTime: fields[18] ?? "" };
  } catch {
    return null;
  }
}

function isAlive(pid: number, startTime: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) !== "EPERM") return false;
  }
  const stat = readStat(pid);
  return pid > 0 && (stat === null || (stat.state !== "Z" && (startTime === "" || startTime === stat.startTime)));
}

function locked(path: string, pid: string): EmbeddedKafkaError {
  const message = `Another broker (pid ${pid}) uses this directory (${path}): stop it, or take another.`;
  return new EmbeddedKafkaError("directory-locked", message);
}
