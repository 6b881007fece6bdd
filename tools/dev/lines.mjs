/** What several programs print, as lines that each say whose they are. */
import { createInterface } from "node:readline";

/**
 * Copies a program's output line by line.
 * @param {import("node:stream").Readable} input
 * @param {NodeJS.WritableStream & { isTTY?: boolean }} output
 * @param {{ name: string, hide?: RegExp | undefined }} options lines that match `hide` are dropped
 * @returns {Promise<void>} resolves when the input has ended
 */
export function copyLines(input, output, { name, hide }) {
  const lines = createInterface({ input, crlfDelay: Infinity });
  lines.on("line", (line) => {
    if (hide?.test(line) !== true) printLine(output, name, line);
  });
  return new Promise((resolve) => {
    lines.once("close", resolve);
  });
}

/**
 * On a terminal the line takes the place of a live line, which its owner draws again below.
 * @param {NodeJS.WritableStream & { isTTY?: boolean }} output
 * @param {string} name goes before the line, unless the line says it already
 * @param {string} line
 */
export function printLine(output, name, line) {
  const erase = output.isTTY === true ? "\r\u001B[2K" : "";
  const text = line.startsWith(name) ? line.slice(name.length).replace(/^:?\s+/, "") : line;
  output.write(`${erase}${name.padEnd(8)}  ${text}\n`);
}
