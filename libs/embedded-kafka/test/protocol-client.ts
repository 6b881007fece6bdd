import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Api } from "../src/protocol/api.js";
import { int32 } from "../src/protocol/codec.js";
import { createFrameReader } from "../src/protocol/frames.js";
import { Reader } from "../src/protocol/reader.js";

/** A client that sends what it is told, also what kafkajs never would. */
export interface ProtocolClient {
  readonly socket: Socket;
  /** Requests may overlap; answers are taken in their order. */
  request<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response>;
  /** Sends a frame (its size is put in front); resolves to the answer's body behind the correlation id. */
  send(frame: Buffer): Promise<Reader>;
  close(): void;
}

export async function connectTo(port: number): Promise<ProtocolClient> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  const frames = createFrameReader(2 ** 30);
  const waiting: { resolve: (reader: Reader) => void; reject: (error: Error) => void }[] = [];
  socket.on("data", (chunk: Buffer) => {
    for (const frame of frames.push(chunk)) {
      const reader = new Reader(frame);
      int32.read(reader);
      waiting.shift()?.resolve(reader);
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    for (const { reject } of waiting.splice(0)) reject(new Error("the broker closed the connection"));
  });

  function send(frame: Buffer): Promise<Reader> {
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      const size = Buffer.alloc(4);
      size.writeInt32BE(frame.length);
      socket.write(size);
      socket.write(frame);
    });
  }

  return {
    socket,
    send,
    async request(api, request) {
      return api.response.read(await send(encodeRequest(api, request)));
    },
    close: () => socket.destroy(),
  };
}

export function encodeRequest<Request>(api: Api<Request, unknown>, request: Request): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(api.key, 0);
  header.writeInt16BE(api.version, 2);
  header.writeInt32BE(1, 4);
  header.writeInt16BE(-1, 8);
  const pieces = [header];
  api.request.write(pieces, request);
  return Buffer.concat(pieces);
}
