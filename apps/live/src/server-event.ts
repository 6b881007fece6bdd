import type { ServerEvents } from "./protocol.js";

/** An event as the stream carries it. JSON has no line breaks, which would end it early. */
export function writeEvent<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
