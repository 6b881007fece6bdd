import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const LEAVE_GROUP = 13;
const VERSION = 3;
const ANSWER_MS = 5_000;

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Takes a member out of its group without its knowledge, by a LeaveGroup request in its name. */
export async function leaveFor(address: string, group: string, memberId: string): Promise<void> {
  const [host = "", port] = address.split(":");
  const header = Buffer.alloc(8);
  header.writeInt16BE(LEAVE_GROUP);
  header.writeInt16BE(VERSION, 2);
  header.writeInt32BE(1, 4);
  const oneMember = Buffer.from([0, 0, 0, 1]);
  const noInstanceId = Buffer.from([0xff, 0xff]);
  const body = Buffer.concat([header, text("test"), text(group), oneMember, text(memberId), noInstanceId]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  const socket = connect({ host, port: Number(port) });
  try {
    socket.write(Buffer.concat([length, body]));
    const late = sleep(ANSWER_MS, undefined, { ref: false }).then(() => Promise.reject(new Error("no answer")));
    await Promise.race([once(socket, "data"), late]);
  } finally {
    socket.destroy();
  }
}
