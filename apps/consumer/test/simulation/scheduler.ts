import { Random } from "./random.js";
import { VirtualTime } from "./virtual-time.js";

/** Somebody for whom things happen: a member of the group, or the world around. */
export interface Actor {
  readonly name: string;
  /** Nothing happens to one that is stopped until it runs again, and nothing ever to one that is dead. */
  state: "running" | "stopped" | "dead";
}

interface Pending {
  readonly actor: Actor;
  readonly label: string;
  readonly run: () => void;
}

const timerChance = 0.12;
const { setImmediate } = globalThis;

/** All that waits for its turn; which of it comes next, is drawn. A step ends when all that followed from it has run. */
export class Scheduler {
  readonly random: Random;
  readonly time: VirtualTime;
  /** What has happened, a line a step. */
  readonly trace: string[] = [];
  #pending: Pending[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    const timing = new Random(seed ^ 0x5bd1e995);
    this.time = new VirtualTime(() => timing.next());
  }

  post(actor: Actor, label: string, run: () => void): void {
    if (actor.state !== "dead") this.#pending.push({ actor, label, run });
  }

  /** The turn of one who has to wait for it. */
  turn(actor: Actor, label: string): Promise<void> {
    return new Promise((resolve) => {
      this.post(actor, label, resolve);
    });
  }

  /** Forgets what was to happen to the actor. */
  bury(actor: Actor): void {
    actor.state = "dead";
    this.#pending = this.#pending.filter((each) => each.actor !== actor);
  }

  /** Lets one thing happen: false where nothing waits. */
  async step(): Promise<boolean> {
    const pending = this.#draw();
    if (pending === undefined) return false;
    await this.happen(pending.actor, pending.label, pending.run);
    return true;
  }

  /** Runs it now, and waits for all that follows from it at once. */
  async happen(actor: Actor, label: string, run: () => void): Promise<void> {
    this.trace.push(`${actor.name} ${label}`);
    this.time.owner = actor;
    run();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.time.owner = undefined;
  }

  #draw(): Pending | undefined {
    const ready = this.#pending.filter(({ actor }) => actor.state === "running");
    if (ready.length > 0 && !this.random.chance(timerChance)) return this.#take(this.random.pick(ready));
    const timer = this.time.next((owner) => (owner as Actor).state === "running");
    if (timer !== undefined) {
      const label = `timer of ${Math.round(timer.dueMs)} ms`;
      return { actor: timer.owner as Actor, label, run: () => this.time.fire(timer) };
    }
    return ready.length > 0 ? this.#take(this.random.pick(ready)) : undefined;
  }

  #take(pending: Pending): Pending {
    this.#pending.splice(this.#pending.indexOf(pending), 1);
    return pending;
  }
}
