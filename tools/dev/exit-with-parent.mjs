/**
 * Preloaded (`node --import`) into what start.mjs starts: when start.mjs is gone, however it ended, the process gets the
 * SIGTERM that it would have got from it. TIDEMARK_PARENT_PID names the parent, which may be gone before this is loaded.
 */
import { isMainThread } from "node:worker_threads";

const checkEveryMs = 500;
const stopTimeoutMs = 20_000;

const parent = Number(process.env.TIDEMARK_PARENT_PID);
if (isMainThread && parent > 0) {
  // What this process starts itself is its own affair.
  delete process.env.TIDEMARK_PARENT_PID;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    process.kill(process.pid, "SIGTERM");
  }, checkEveryMs);
  timer.unref();
}
