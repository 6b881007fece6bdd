import { startProxy } from "@tidemark/testkit";
import { onTestFinished } from "vitest";

/** A way to Postgres on which the network loses connections without a word: neither side hears that the other is gone. */
export interface BlackHole {
  readonly databaseUrl: string;
  /** Resolves once a connection has been lost. */
  readonly lost: Promise<void>;
}

/** A connection is lost, with what it just sent, where `swallows` says so: it is asked with all that a client has sent so far. */
export async function digBlackHole(
  databaseUrl: string,
  swallows: (connection: number, sent: string) => boolean,
): Promise<BlackHole> {
  let tellLost: (() => void) | undefined;
  const lost = new Promise<void>((resolve) => {
    tellLost = resolve;
  });
  const proxy = await startProxy(Number(new URL(databaseUrl).port), (connection) => {
    let sent = "";
    return {
      fromClient(chunk) {
        sent += chunk.toString("latin1");
        if (!swallows(connection, sent)) return "pass";
        tellLost?.();
        return "lose";
      },
    };
  });
  onTestFinished(() => proxy.close());
  return { databaseUrl: proxy.through(databaseUrl), lost };
}
