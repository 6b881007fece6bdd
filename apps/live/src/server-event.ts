import type { ServerEvents } from "./protocol.js";

/** An event as the stream carries it, of data that is JSON already. */
export function writeEventText(name: keyof ServerEvents, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}

/** An event as the stream carries it. JSON has no line breaks, which would end it early. */
export function writeEvent<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): string {
  return writeEventText(name, JSON.stringify(data));
}
