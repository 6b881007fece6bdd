/** Argument: a directory. Standard input: `+PID` and `-PID`, a line each; at its end those left are killed, and it is removed. */
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive } from "@tidemark/cli";

const [directory = ""] = process.argv.slice(2);
const pids = new Set<number>();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) pids.add(pid);
  else pids.delete(pid);
}

for (const pid of pids) {
  if (isProcessAlive(pid)) process.kill(pid, "SIGKILL");
}
while ([...pids].some(isProcessAlive)) await sleep(20);
// Of a server that was killed, children may write for another moment.
await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
