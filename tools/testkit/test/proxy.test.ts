import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startProxy, type ConnectionPlan, type Proxy } from "../src/proxy.js";

const patience = { timeout: 30_000, interval: 5 };

/** What one end of a connection has got so far. */
interface End {
  readonly socket: Socket;
  text(): string;
  hasEnded(): boolean;
  isClosed(): boolean;
}

function listenTo(socket: Socket): End {
  let text = "";
  let ended = false;
  let closed = false;
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => (text += chunk));
  socket.on("end", () => (ended = true));
  socket.on("close", () => (closed = true));
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return { socket, text: () => text, hasEnded: () => ended, isClosed: () => closed };
}

/** A server that keeps all connections, and a proxy before it. */
async function start(planOf?: (connection: number) => ConnectionPlan): Promise<{
  proxy: Proxy;
  connections: End[];
  open: () => Promise<{ client: End; server: End }>;
}> {
  const connections: End[] = [];
  const listener = createServer({ allowHalfOpen: true }, (socket) => void connections.push(listenTo(socket)));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => void listener.close());
  const proxy = await startProxy((listener.address() as AddressInfo).port, planOf);
  onTestFinished(() => proxy.close());
  return {
    proxy,
    connections,
    async open() {
      const before = connections.length;
      const client = listenTo(connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
      await vi.waitUntil(() => connections.length > before, patience);
      return { client, server: connections[before] as End };
    },
  };
}

const hasGone = (end: End): boolean => end.hasEnded() || end.isClosed();
const until = (condition: () => boolean) => vi.waitUntil(condition, patience);
/** Long enough for what is not held back to have arrived; where it is slower, a test passes that should not. */
const aWhile = () => sleep(100);

describe("a proxy", () => {
  it("passes on what is sent, in both directions, and each end of a connection by itself", async () => {
    const { open } = await start();
    const { client, server } = await open();
    client.socket.write("question");
    await until(() => server.text() === "question");
    client.socket.end();
    await until(server.hasEnded);
    server.socket.end("answer");
    await until(client.hasEnded);
    expect(client.text()).toBe("answer");
  });

  it("loses nothing of much, however slowly it is read", async () => {
    const { open } = await start();
    const { client, server } = await open();
    server.socket.pause();
    const much = "0123456789".repeat(1_000_000);
    client.socket.end(much);
    await aWhile();
    server.socket.resume();
    await until(server.hasEnded);
    expect(server.text() === much).toBe(true);
  });

  it("knows from which ports the server sees its connections come", async () => {
    const { proxy, open } = await start();
    const ends = [await open(), await open()];
    const seen = ends.map(({ server }) => server.socket.remotePort);
    expect(proxy.serverSidePorts().toSorted()).toEqual(seen.toSorted());
  });

  it("cuts what there is, and lets in what comes", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    expect(proxy.cut()).toBe(1);
    await until(() => hasGone(client) && hasGone(server));
    expect(proxy.cut()).toBe(0);
    const next = await open();
    next.client.socket.write("still here");
    await until(() => next.server.text() === "still here");
  });

  it("stalls both directions, and the end of a connection, until it is released", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    proxy.stall();
    client.socket.end("question");
    server.socket.write("answer");
    await aWhile();
    expect([client.text(), server.text(), server.hasEnded()]).toEqual(["", "", false]);
    proxy.release();
    await until(() => client.text() === "answer" && server.text() === "question" && server.hasEnded());
  });

  it("passes on when it is released that the server ended while it stalled, and keeps nothing of the connection", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    client.socket.end("goodbye");
    await until(server.hasEnded);
    proxy.stall();
    server.socket.end();
    await until(server.isClosed);
    await aWhile();
    expect(client.hasEnded()).toBe(false);
    proxy.release();
    await until(() => client.isClosed() && proxy.cut() === 0);
  });

  it("stalls connections that are made meanwhile", async () => {
    const { proxy, open } = await start();
    proxy.stall();
    const { client, server } = await open();
    client.socket.write("question");
    await aWhile();
    expect(server.text()).toBe("");
    proxy.release();
    await until(() => server.text() === "question");
  });

  it("holds back the clients alone", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    proxy.hold();
    client.socket.write("question");
    server.socket.write("answer");
    await until(() => client.text() === "answer");
    await aWhile();
    expect(server.text()).toBe("");
    proxy.release();
    await until(() => server.text() === "question");
  });

  it("cuts at once what nobody reads, and those that are ending", async () => {
    const { proxy, open } = await start();
    const [unread, ending] = [await open(), await open()];
    unread.client.socket.pause();
    unread.server.socket.write("0123456789".repeat(2_000_000));
    ending.client.socket.end();
    await until(ending.server.hasEnded);
    expect(proxy.cut()).toBe(2);
    await until(() => hasGone(unread.server) && hasGone(ending.client));
  });

  it("drops what it held back when it cuts", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    proxy.hold();
    client.socket.write("question");
    await aWhile();
    proxy.cut();
    proxy.release();
    await until(() => hasGone(server));
    expect(server.text()).toBe("");
  });

  it("lets a trickle through, in order, and then all", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    const much = "0123456789".repeat(100_000);
    proxy.trickle();
    client.socket.end(much);
    await until(() => server.text().length > 10_000);
    expect(server.text().length).toBeLessThan(much.length);
    proxy.release();
    await until(server.hasEnded);
    expect(server.text() === much).toBe(true);
  });

  it("ends a client's connection where the server is away", async () => {
    const { proxy } = await start();
    const gone = await startProxy(1);
    onTestFinished(() => gone.close());
    const client = listenTo(connect({ port: gone.port, host: "127.0.0.1" }));
    await until(() => hasGone(client));
    expect(proxy.port).not.toBe(gone.port);
  });

  it("cuts a connection whose plan says so, without the bytes that it saw", async () => {
    const seen: string[] = [];
    const { proxy, open } = await start((connection) => ({
      fromClient: (chunk) => {
        seen.push(`${connection} ${chunk.toString()}`);
        return chunk.includes("cut") ? "cut" : "pass";
      },
    }));
    const [first, second] = [await open(), await open()];
    first.client.socket.write("question");
    await until(() => first.server.text() === "question");
    first.client.socket.write("cut");
    await until(() => hasGone(first.client) && hasGone(first.server));
    second.client.socket.write("still here");
    await until(() => second.server.text() === "still here");
    expect(first.server.text()).toBe("question");
    expect(seen).toEqual(["1 question", "1 cut", "2 still here"]);
    expect(proxy.connections()).toBe(2);
  });

  it("loses a connection without a word to either end", async () => {
    const { open } = await start(() => ({ fromServer: () => "lose" }));
    const [lost, closing] = [await open(), await open()];
    lost.server.socket.write("answer");
    closing.server.socket.write("answer");
    await aWhile();
    lost.client.socket.write("question");
    closing.client.socket.end();
    await aWhile();
    for (const { client, server } of [lost, closing]) {
      expect([client.text(), server.text(), hasGone(server)]).toEqual(["", "", false]);
    }
    expect(lost.client.isClosed()).toBe(false);
  });

  it("loses all present connections, and lets in what comes", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    proxy.lose();
    client.socket.write("question");
    const next = await open();
    next.client.socket.write("still here");
    await until(() => next.server.text() === "still here");
    expect([server.text(), hasGone(server)]).toEqual(["", false]);
  });

  it("turns a client away, and connects another late", async () => {
    const { connections, open, proxy } = await start((connection) =>
      connection === 1 ? { refuse: true } : { delayMs: 100 },
    );
    const refused = listenTo(connect({ port: proxy.port, host: "127.0.0.1" }));
    await until(() => hasGone(refused));
    expect(connections).toEqual([]);
    const { client, server } = await open();
    client.socket.write("question");
    await until(() => server.text() === "question");
  });

  it("lets bytes be changed, and names its own address", async () => {
    const { proxy, open } = await start(() => ({
      fromServer: (chunk) => {
        chunk.write("A");
        return "pass";
      },
    }));
    const { client, server } = await open();
    server.socket.write("answer");
    await until(() => client.text() === "Answer");
    expect(proxy.through("postgresql://me:secret@127.0.0.1:5432/db")).toBe(
      `postgresql://me:secret@127.0.0.1:${proxy.port}/db`,
    );
  });

  it("answers a connection in the server's place, and the next one not", async () => {
    const { proxy, connections } = await start((connection) => (connection === 1 ? { answer: Buffer.from("no") } : {}));
    const answered = listenTo(connect({ port: proxy.port, host: "127.0.0.1" }));
    answered.socket.write("question");
    await until(answered.hasEnded);
    expect(answered.text()).toBe("no");
    expect(connections).toEqual([]);
    const passed = listenTo(connect({ port: proxy.port, host: "127.0.0.1" }));
    passed.socket.write("question");
    await until(() => connections[0]?.text() === "question");
  });

  it("passes little at a time from a server that it slows down, loses none of it, and passes the rest when released", async () => {
    const { proxy, open } = await start();
    const { client, server } = await open();
    proxy.slowDown(10_000);
    const much = "0123456789".repeat(100_000);
    server.socket.end(much);
    await until(() => client.text().length > 0);
    expect(client.text().length).toBeLessThan(much.length);
    proxy.release();
    await until(client.hasEnded);
    expect(client.text()).toBe(much);
  });

  it("leads new connections to another server, and leaves the present ones where they are", async () => {
    const [first, second] = [await start(), await start()];
    const { client, server } = await first.open();
    first.proxy.pointTo(second.proxy.port);
    const led = listenTo(connect({ port: first.proxy.port, host: "127.0.0.1" }));
    led.socket.write("to the second");
    client.socket.write("to the first");
    await until(() => (second.connections[0]?.text() ?? "") !== "" && server.text() !== "");
    expect([server.text(), second.connections[0]?.text()]).toEqual(["to the first", "to the second"]);
  });
});
