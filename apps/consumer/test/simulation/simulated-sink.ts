import { SinkError, type Sink } from "@tidemark/sinks";
import type { Actor, Scheduler } from "./scheduler.js";

/** The way to the store. */
export interface Network {
  /** Nothing gets through. */
  isAway: boolean;
  /** Of the requests that get through: how many are lost on their way, and how many answers on theirs. */
  lossChance: number;
  /** Of the checkpoints that could be smaller: how many exceed a limit of the store's. */
  oversizeChance: number;
}

/** In whose name requests travel: they arrive also where their sender sleeps or has died. */
export const network: Actor = { name: "  ", state: "running" };

const brokenOffChance = 0.3;

/** The connection broke: what became of the request, nobody knows. */
class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/**
 * A sink whose requests arrive, and whose answers come back, each at its turn. As the Postgres sink does, it tries again
 * until it has an answer.
 */
export function createSimulatedSink(
  inner: Sink,
  actor: Actor,
  scheduler: Scheduler,
  path: Network,
  onLoss: (what: "lost requests" | "lost answers" | "divided checkpoints") => void,
): Sink {
  const { random } = scheduler;
  let closed = false;

  async function ask<T>(label: string, work: () => Promise<T>): Promise<T> {
    const arrival = new Promise<() => T>((resolve, reject) => {
      const lose = (what: string) => reject(new ConnectionLost(`${what} was lost.`));
      scheduler.post(network, label, () => {
        if (path.isAway || random.chance(path.lossChance)) {
          onLoss("lost requests");
          scheduler.post(actor, `loses its request: ${label}`, () => lose("The request"));
          return;
        }
        const isAnswerLost = random.chance(path.lossChance);
        if (isAnswerLost) onLoss("lost answers");
        const answer = (settled: string, give: () => T) => {
          if (isAnswerLost) scheduler.post(actor, `loses the answer: ${label}, ${settled}`, () => lose("The answer"));
          else scheduler.post(actor, `hears: ${label}, ${settled}`, () => resolve(give));
        };
        work().then(
          (value) => answer("done", () => value),
          (error: unknown) =>
            answer(error instanceof SinkError ? error.code : "refused", () => {
              throw error;
            }),
        );
      });
    });
    return (await arrival)();
  }

  async function insist<T>(label: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      if (closed) throw new SinkError("closed", "The sink was closed.");
      try {
        return await ask(label, work);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
      await scheduler.turn(actor, `will try again: ${label}`);
    }
  }

  return {
    claim: (partition, logStartOffset) =>
      insist(`${actor.name} claims ${partition}`, () => inner.claim(partition, logStartOffset)),
    findTaken: (partition, ids) =>
      insist(`${actor.name} looks up ids of ${partition}`, () => inner.findTaken(partition, ids)),
    openBuffer: (partition) => inner.openBuffer(partition),
    commit: (claim, expectedOffset, checkpoint, rows, options) =>
      insist(
        `${actor.name} commits ${claim.partition}:${expectedOffset}-${checkpoint.nextOffset} in epoch ${claim.epoch}`,
        async () => {
          if (options?.isDivisible !== true || !random.chance(path.oversizeChance))
            return inner.commit(claim, expectedOffset, checkpoint, rows, options);
          onLoss("divided checkpoints");
          // A transaction that was broken off without an answer may have been committed all the same.
          if (random.chance(brokenOffChance)) await inner.commit(claim, expectedOffset, checkpoint, rows, options);
          throw new SinkError("oversized-checkpoint", "The checkpoint took too long.");
        },
      ),
    async close() {
      closed = true;
    },
  };
}
