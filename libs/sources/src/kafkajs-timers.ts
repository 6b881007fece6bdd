import { createRequire } from "node:module";

/** What is used of kafkajs's queue of requests to one broker. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);
const REQUEST_QUEUE = "kafkajs/src/network/requestQueue";

let isDone = false;

/**
 * Keeps kafkajs from setting timers with negative delays, which Node 24 warns of (TimeoutNegativeWarning): with each answer it
 * schedules a look at the requests that wait, 1970 minus now from now on, also where none waits. Applies to the whole process.
 */
export function patchKafkajsTimers(): void {
  if (isDone) return;
  isDone = true;
  const { prototype } = require(REQUEST_QUEUE) as { readonly prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhereSomeWait(this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
