import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";

/** ConsumerGroupHeartbeat, version 1 (KIP-848). */
const API_KEY = 68;
const API_VERSION = 1;
const LEAVE_EPOCH = -1;
const NULL = Buffer.of(0);
const NO_TAGS = Buffer.of(0);

export interface Heartbeat {
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly memberEpoch: number;
  /** How many partitions Kafka gives the member; undefined where nothing has changed. */
  readonly partitions: number | undefined;
}

/** A member of a consumer group by Kafka's newer protocol (`group.protocol=consumer`), as far as the group can tell. */
export interface NewerMember {
  /** Joins with the first call, and owns nothing that it would read. */
  heartbeat(): Promise<Heartbeat>;
  leave(): Promise<void>;
}

export async function joinByNewerProtocol(address: string, group: string, topic: string): Promise<NewerMember> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const memberId = randomUUID();
  let epoch = 0;
  let isFirst = true;

  async function send(memberEpoch: number): Promise<Heartbeat> {
    const owned = isFirst ? Buffer.of(1) : NULL;
    const body = [
      compact(group),
      compact(memberId),
      int32(memberEpoch),
      NULL, // instance
      NULL, // rack
      int32(isFirst ? 30_000 : -1),
      isFirst ? Buffer.concat([Buffer.of(2), compact(topic)]) : NULL,
      NULL, // regular expression
      NULL, // server's assignor
      owned,
      NO_TAGS,
    ];
    isFirst = false;
    return readAnswer(await ask(socket, Buffer.concat(body)));
  }

  return {
    async heartbeat() {
      const answer = await send(epoch);
      epoch = answer.errorCode === 0 ? answer.memberEpoch : 0;
      isFirst = epoch === 0;
      return answer;
    },
    async leave() {
      await send(LEAVE_EPOCH);
      socket.destroy();
    },
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A text of at most 126 bytes with its length, plus one, before it. */
function compact(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length + 1), bytes]);
}

function ask(socket: Socket, body: Buffer): Promise<Buffer> {
  const header = Buffer.alloc(10);
  header.writeInt16BE(API_KEY, 0);
  header.writeInt16BE(API_VERSION, 2);
  header.writeInt32BE(1, 4);
  header.writeInt16BE(-1, 8);
  const request = Buffer.concat([header, NO_TAGS, body]);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    function take(chunk: Buffer): void {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.off("data", take);
      resolve(received.subarray(4));
    }
    socket.on("data", take);
    socket.removeAllListeners("error").once("error", reject);
    socket.write(Buffer.concat([int32(request.length), request]));
  });
}

function readAnswer(answer: Buffer): Heartbeat {
  // The correlation id, no tags, and the time for which the broker throttles come first.
  let at = 4 + 1 + 4;
  const errorCode = answer.readInt16BE(at);
  at += 2;
  const text = (): string => {
    const length = Math.max(answer.readUInt8(at) - 1, 0);
    const from = at + 1;
    at = from + length;
    return answer.toString("utf8", from, at);
  };
  const errorMessage = text();
  text();
  const memberEpoch = answer.readInt32BE(at);
  // The epoch, and the interval of heartbeats.
  at += 8;
  if (answer.readInt8(at) < 0) return { errorCode, errorMessage, memberEpoch, partitions: undefined };
  at += 1;
  let partitions = 0;
  for (let topics = answer.readUInt8(at) - 1; topics > 0; topics -= 1) {
    const count = answer.readUInt8(at + 1 + 16) - 1;
    partitions += count;
    at += 1 + 16 + 4 * count + 1;
  }
  return { errorCode, errorMessage, memberEpoch, partitions };
}
