/** What a server or a proxy answers in place of opening a session: an ErrorResponse. */
export function errorAnswer(state: string, message: string): Buffer {
  const fields = { S: "FATAL", V: "FATAL", C: state, M: message };
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([type, value]) => `${type}${value}\0`)
      .join("")}\0`,
  );
  const head = Buffer.alloc(5);
  head.write("E", 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
