import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { SourceError } from "./errors.js";
import { probeGroup } from "./group-probe.js";
import {
  asksForNoSasl,
  asksForSasl,
  brokerOf,
  clientCertificateRefused,
  explainFailure,
  mechanismNotOffered,
  speaksNoTls,
  speaksTls,
  type FailureContext,
} from "./kafka-failure.js";
import { listCauses } from "./kafkajs-errors.js";

const ANSWER_MS = 3_000;
const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const UNSUPPORTED_SASL_MECHANISM = 33;
const ILLEGAL_SASL_STATE = 34;

/**
 * Explains a failure as `explainFailure` does. Where the broker closed the connection without a word, it is asked whether it
 * speaks TLS and SASL on that port: a client of the other kind is told nothing else. Takes some seconds at most.
 */
export async function diagnoseFailure(
  error: unknown,
  context: FailureContext,
  signal?: AbortSignal,
): Promise<SourceError | undefined> {
  const explained = explainFailure(error, context);
  if (signal?.aborted === true) return explained;
  const { group } = context;
  const lacksCoordinator = listCauses(error).some(
    (cause) => cause instanceof Error && cause.name === "KafkaJSGroupCoordinatorNotFound",
  );
  if (lacksCoordinator && group !== undefined) return probeGroup(context, group, error, signal);
  const needsMechanisms = explained?.code === "bad-mechanism";
  if ((explained !== undefined && !needsMechanisms) || !(needsMechanisms || wasClosed(error))) return explained;
  const at =
    listCauses(error)
      .map(brokerOf)
      .find((broker) => broker !== undefined) ?? context.brokers[0];
  if (at === undefined) return explained;
  return (await probeBroker(at, context, error, signal)) ?? explained;
}

function wasClosed(error: unknown): boolean {
  return listCauses(error).some((cause) => {
    if (!(cause instanceof Error)) return false;
    const code = "code" in cause ? cause.code : undefined;
    if (code === "ECONNREFUSED") return false;
    return cause.name.startsWith("KafkaJSConnection") || cause.name === "KafkaJSRequestTimeoutError";
  });
}

async function probeBroker(
  at: string,
  context: FailureContext,
  cause: unknown,
  signal: AbortSignal | undefined,
): Promise<SourceError | undefined> {
  const { connection = {} } = context;
  const speak = createSpeaker(at, signal);
  const tls = await speak({ rejectUnauthorized: false }, () => Promise.resolve(true));
  const hasTls = tls.answer === true;
  if (hasTls && !connection.ssl) return speaksTls(at, cause);
  if (!hasTls && connection.ssl) {
    const plain = await speak(undefined, askVersions);
    return plain.answer === undefined ? undefined : speaksNoTls(at, cause);
  }
  const options = connection.ssl ? { ...(connection.ssl === true ? {} : connection.ssl) } : undefined;
  const versions = await speak(options, askVersions);
  if (versions.answer === undefined) {
    const explained = explainFailure(versions.error, context);
    const mayWantCertificate = hasTls && explained === undefined && options?.cert === undefined;
    return mayWantCertificate && isReset(versions.error) ? clientCertificateRefused(at, cause) : explained;
  }
  const mechanism = connection.sasl?.mechanism.toUpperCase();
  const sasl = await speak(options, (socket) => askMechanisms(socket, mechanism ?? "PLAIN"));
  return sasl.answer === undefined ? undefined : judgeSasl(at, mechanism, sasl.answer, cause);
}

function judgeSasl(
  at: string,
  mechanism: string | undefined,
  { code, mechanisms }: { readonly code: number; readonly mechanisms: readonly string[] },
  cause: unknown,
): SourceError | undefined {
  const has = code === 0 || code === UNSUPPORTED_SASL_MECHANISM;
  if (mechanism === undefined) return has ? asksForSasl(at, mechanisms, cause) : undefined;
  if (code === ILLEGAL_SASL_STATE) return asksForNoSasl(at, cause);
  return has && !mechanisms.includes(mechanism) ? mechanismNotOffered(at, mechanism, mechanisms, cause) : undefined;
}

interface Spoken<Answer> {
  readonly answer?: Answer;
  readonly error?: unknown;
}

type Speak = <Answer>(
  tls: ConnectionOptions | undefined,
  ask: (socket: Socket) => Promise<Answer>,
) => Promise<Spoken<Answer>>;

/** Connects and asks; never rejects. */
function createSpeaker(at: string, signal: AbortSignal | undefined): Speak {
  const host = at.slice(0, at.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  const port = Number(at.slice(at.lastIndexOf(":") + 1));
  const name = isIP(host) === 0 ? { servername: host } : {};

  return async (tls, ask) => {
    let socket: Socket | undefined;
    const giveUp = (): void => void socket?.destroy(new Error("stopped"));
    try {
      signal?.throwIfAborted();
      const open = tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...name, ...tls });
      socket = open;
      signal?.addEventListener("abort", giveUp, { once: true });
      open.setTimeout(ANSWER_MS, () => open.destroy(new Error("no answer")));
      const failed = new Promise<never>((_, reject) => {
        open.on("error", reject);
        open.on("close", () => reject(new Error("closed")));
      });
      // It is raced below, but may settle later.
      failed.catch(() => undefined);
      const ready = new Promise<void>((resolve) => {
        open.once(tls === undefined ? "connect" : "secureConnect", () => resolve());
      });
      await Promise.race([ready, failed]);
      return { answer: await Promise.race([ask(open), failed]) };
    } catch (error) {
      return { error };
    } finally {
      signal?.removeEventListener("abort", giveUp);
      socket?.destroy();
    }
  };
}

const isReset = (error: unknown): boolean =>
  error instanceof Error && (error.message === "closed" || ("code" in error && error.code === "ECONNRESET"));

async function askVersions(socket: Socket): Promise<number> {
  const answer = await request(socket, API_VERSIONS, 0, Buffer.alloc(0));
  return answer.readInt16BE(0);
}

async function askMechanisms(socket: Socket, mechanism: string) {
  const name = Buffer.from(mechanism);
  const answer = await request(socket, SASL_HANDSHAKE, 1, Buffer.concat([int16(name.length), name]));
  const mechanisms: string[] = [];
  for (let at = 6, left = answer.readInt32BE(2); left > 0; left -= 1) {
    const length = answer.readInt16BE(at);
    mechanisms.push(answer.toString("utf8", at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { code: answer.readInt16BE(0), mechanisms: mechanisms.sort() };
}

/** Sends one request of Kafka's protocol; resolves to the body of its answer. What is no such answer is never one. */
function request(socket: Socket, api: number, version: number, body: Buffer): Promise<Buffer> {
  const clientId = Buffer.from("tidemark");
  const correlation = 0x7469_6465;
  const head = Buffer.concat([int16(api), int16(version), int32(correlation), int16(clientId.length), clientId]);
  socket.write(Buffer.concat([int32(head.length + body.length), head, body]));
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 8) return;
      const length = received.readInt32BE(0);
      const isAnswer = length >= 6 && length < 65_536 && received.readInt32BE(4) === correlation;
      if (isAnswer && received.length >= 4 + length) resolve(received.subarray(8, 4 + length));
    });
  });
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
