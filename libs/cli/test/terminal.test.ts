import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createTerminal } from "../src/terminal.js";

function capture(isTTY: boolean): { out: Writable & { isTTY: boolean }; text: () => string } {
  const parts: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString());
      done();
    },
  });
  return { out: Object.assign(sink, { isTTY }), text: () => parts.join("") };
}

describe("the terminal", () => {
  it("updates one line below the others on a terminal, and leaves the last one standing", () => {
    const screen = capture(true);
    const terminal = createTerminal({ out: screen.out, err: screen.out });
    terminal.update("sent 1");
    terminal.print("a record");
    terminal.update("sent 2");
    terminal.close();
    terminal.print("done");
    expect(screen.text()).toBe("\r\u001b[2Ksent 1\r\u001b[2Ka record\nsent 1\r\u001b[2Ksent 2\ndone\n");
  });

  it("prints plain lines where the output is piped", () => {
    const pipe = capture(false);
    const errors = capture(false);
    const terminal = createTerminal({ out: pipe.out, err: errors.out });
    terminal.update("sent 1");
    terminal.warn("Kafka is away.");
    terminal.update("sent 2");
    terminal.close();
    expect(pipe.text()).toBe("sent 1\nsent 2\n");
    expect(errors.text()).toBe("Kafka is away.\n");
  });

  it("takes the updated line away", () => {
    const screen = capture(true);
    const terminal = createTerminal({ out: screen.out, err: screen.out });
    terminal.update("sent 1");
    terminal.clear();
    terminal.clear();
    terminal.print("done");
    expect(screen.text()).toBe("\r\u001b[2Ksent 1\r\u001b[2Kdone\n");
  });
});
