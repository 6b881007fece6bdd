import type { Socket } from "node:net";
import { MalformedRequestError, systemErrorCode } from "./errors.js";
import { createFrameReader } from "./protocol/frames.js";
import { answerFrame, type Routes } from "./protocol/route.js";

/** Kafka's socket.request.max.bytes. */
const maxFrameBytes = 100 * 1024 * 1024;

/**
 * Answers one client until it leaves, one request after the other, as Kafka does: answers keep the order of the
 * requests, and one that waits holds up this connection only. Never rejects: what the broker does not understand
 * ends the connection and is logged.
 */
export async function serveConnection(socket: Socket, routes: Routes, log: (line: string) => void): Promise<void> {
  const client = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;
  const frames = createFrameReader(maxFrameBytes);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  try {
    for await (const chunk of socket) {
      for (const frame of frames.push(chunk)) {
        const answer = await answerFrame(frame, routes, client);
        if (answer !== null) await send(socket, answer);
      }
    }
  } catch (error) {
    if (error instanceof MalformedRequestError) log(`closed the connection of ${client}: ${error.message}`);
    else if (systemErrorCode(error) === null && !socket.destroyed) log(`failed on a request of ${client}: ${error}`);
  } finally {
    socket.destroy();
  }
}

/** Waits while the client reads slower than we write. */
async function send(socket: Socket, parts: readonly Buffer[]): Promise<void> {
  socket.cork();
  for (const part of parts) socket.write(part);
  socket.uncork();
  if (socket.writableNeedDrain) await new Promise((resolve) => socket.write("", resolve));
}
