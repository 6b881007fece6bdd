import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { statementModeError } from "./poolers.js";
import type { Session, SessionSettings } from "./open-session.js";

type Done = (error?: Error | null) => void;
interface Chunk {
  readonly chunk: Buffer;
}

const protocolBytes = 8;

/**
 * A stream for a driver that believes it talks to a server from the beginning. Its first message opens a session by the
 * address, on whichever server and however encrypted; the driver is answered as if it had logged in without a password, and
 * is connected to that session from then on.
 */
export class SessionStream extends Duplex {
  readonly #open: (settings: SessionSettings, signal: AbortSignal) => Promise<Session>;
  readonly #ended = new AbortController();
  #socket: Socket | undefined;
  #isUnreferenced = false;

  constructor(open: (settings: SessionSettings, signal: AbortSignal) => Promise<Session>) {
    super({ allowHalfOpen: false });
    this.#open = open;
  }

  /** As a `net.Socket`'s: postgres.js asks for it. */
  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  /** As a `net.Socket`'s: `pg` calls it. */
  connect(): this {
    process.nextTick(() => this.emit("connect"));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#isUnreferenced = false;
    this.#socket?.ref();
    return this;
  }

  unref(): this {
    this.#isUnreferenced = true;
    this.#socket?.unref();
    return this;
  }

  /** Bytes that have left this process. What the system holds back, because the server takes nothing, has not left it. */
  get sentBytes(): number {
    if (this.#socket === undefined) return 0;
    // Node's own time-outs look there too: `bytesWritten` counts what still waits.
    const { _handle: handle } = this.#socket as Socket & { _handle?: { writeQueueSize?: number } | null };
    return this.#socket.bytesWritten - (handle?.writeQueueSize ?? 0);
  }

  /** Bytes that have come in. */
  get receivedBytes(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#socket === undefined) void this.#begin(chunk, done);
    else this.#socket.write(chunk, done);
  }

  override _writev(chunks: readonly Chunk[], done: Done): void {
    if (this.#socket === undefined) {
      void this.#begin(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
      return;
    }
    this.#socket.cork();
    for (const [at, { chunk }] of chunks.entries())
      this.#socket.write(chunk, at + 1 === chunks.length ? done : undefined);
    this.#socket.uncork();
  }

  override _final(done: Done): void {
    if (this.#socket === undefined) done();
    else this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#ended.abort(error ?? new Error("The connection was given up"));
    this.#socket?.destroy();
    done(error);
  }

  async #begin(startup: Buffer, done: Done): Promise<void> {
    let failure: Error | undefined;
    try {
      const session = await this.#open(readStartup(startup), this.#ended.signal);
      if (this.destroyed) session.socket.destroy();
      else this.#take(session);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    done(failure);
  }

  #take(session: Session): void {
    const { socket } = session;
    this.#socket = socket;
    if (this.#isUnreferenced) socket.unref();
    let last: Buffer | undefined;
    socket.on("data", (bytes: Buffer) => {
      last = bytes;
      if (!this.push(bytes)) socket.pause();
    });
    socket.on("error", (error) => this.destroy(error));
    socket.on("end", () => {
      // postgres.js keeps a server's last words to itself.
      const reason = last && statementModeError(last);
      if (reason === undefined) this.push(null);
      else this.destroy(reason);
    });
    socket.on("close", () => {
      if (this.readableEnded || !socket.readableEnded) this.destroy();
      else this.once("end", () => this.destroy());
    });
    this.push(greetingOf(session));
    socket.resume();
  }
}

/** The settings in a driver's first message. Who logs in, and where, is the address's. */
function readStartup(startup: Buffer): SessionSettings {
  const texts = startup.subarray(protocolBytes).toString("utf8").split("\0");
  const settings: Record<string, string> = {};
  for (let at = 0; texts[at] !== undefined && texts[at] !== ""; at += 2)
    settings[texts[at] ?? ""] = texts[at + 1] ?? "";
  return settings;
}

/** AuthenticationOk, the server's parameters, the key for cancelling, and ReadyForQuery. */
function greetingOf({ parameters, processId, secretKey }: Session): Buffer {
  const key = Buffer.alloc(8);
  key.writeInt32BE(processId, 0);
  key.writeInt32BE(secretKey, 4);
  return Buffer.concat([
    message("R", Buffer.alloc(4)),
    ...[...parameters].map(([name, value]) => message("S", Buffer.from(`${name}\0${value}\0`))),
    message("K", key),
    message("Z", Buffer.from("I")),
  ]);
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
