import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** A name for this process among those that claim partitions: its host and process id, and a part that is drawn. */
export function drawOwner(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`;
}
