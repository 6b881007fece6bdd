/** A line of JSON as a program prints it; undefined where it was cut off by the program's end. */
export function parseJsonLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
