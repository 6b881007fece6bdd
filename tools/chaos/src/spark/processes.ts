import { readdirSync, readFileSync } from "node:fs";

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function read(pid: string): readonly Running[] {
  try {
    // The name of a program stands in parentheses, and may hold some.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return [{ pid: Number(pid), parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8") }];
  } catch {
    return [];
  }
}

/** What runs on this machine, as Linux tells it; nothing on other systems. */
function listProcesses(): readonly Running[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap(read);
  } catch {
    return [];
  }
}

/** The processes that run Spark's Python tasks, below one of its workers. */
export function pythonTasksBelow(pid: number): readonly number[] {
  const all = listProcesses();
  const below = new Set([pid]);
  // A child may be listed before its parent.
  for (let known = 0; known < below.size;) {
    known = below.size;
    for (const one of all) if (below.has(one.parent)) below.add(one.pid);
  }
  const daemons = all.filter(({ pid: one, command }) => below.has(one) && command.includes("pyspark.daemon"));
  return daemons.filter(({ parent }) => daemons.some((one) => one.pid === parent)).map((one) => one.pid);
}
