import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below what Linux and macOS give to sockets that ask for any port, so that none of those takes it before Kafka does.
const lowest = 20_000;
const highest = 32_000;

/** A port of 127.0.0.1 that nobody listens on just now, other than those that are taken. */
export async function findFreePort(...taken: readonly number[]): Promise<number> {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${lowest} to ${highest} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
