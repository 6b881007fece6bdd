import type { Writable } from "node:stream";

/** Prints lines, and below them on a terminal one line that is updated. */
export interface Terminal {
  print(line: string): void;
  /** To standard error. */
  warn(line: string): void;
  /** Shows the line in place of the one before; where output is piped, as a line of its own. */
  update(line: string): void;
  /** Takes the updated line away, where it can. */
  clear(): void;
  /** Leaves the line that was updated standing; what comes goes below it. */
  close(): void;
}

export interface TerminalOptions {
  readonly out: Writable & { readonly isTTY?: boolean };
  readonly err: Writable;
}

const CLEAR_LINE = "\r\u001b[2K";

export function createTerminal({ out, err }: TerminalOptions): Terminal {
  const live = out.isTTY === true;
  let shown = "";

  function around(write: () => void): void {
    if (shown !== "") out.write(CLEAR_LINE);
    write();
    if (shown !== "") out.write(shown);
  }

  return {
    print: (line) => around(() => out.write(`${line}\n`)),
    warn: (line) => around(() => err.write(`${line}\n`)),
    update(line) {
      if (!live) {
        out.write(`${line}\n`);
        return;
      }
      shown = line;
      out.write(`${CLEAR_LINE}${line}`);
    },
    clear() {
      if (shown !== "") out.write(CLEAR_LINE);
      shown = "";
    },
    close() {
      if (shown !== "") out.write("\n");
      shown = "";
    },
  };
}
