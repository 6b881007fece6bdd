import type { Sink } from "@tidemark/sinks";
import { createMemorySink, createMemoryStore } from "@tidemark/sinks/memory";
import type { Pipeline } from "@tidemark/pipeline";
import { Broker } from "./broker.js";
import { drawFault } from "./faults.js";
import { Group } from "./group.js";
import { Invariants, Violation } from "./invariants.js";
import type { TopicLog } from "./log.js";
import { matterOf } from "./matter.js";
import { group, startMember, topic, type Member } from "./member.js";
import type { PlantedBug } from "./planted-bugs.js";
import { Scheduler, type Actor } from "./scheduler.js";
import { SimulatedPort } from "./simulated-port.js";
import { createSimulatedSink, network, type Network } from "./simulated-sink.js";

export interface ScheduleOptions {
  readonly bug?: PlantedBug;
  /** Look at the tables alone, and when all is over: as one would without a simulation. */
  readonly atEndOnly?: boolean;
  /** Else one to three partitions, four members at once, and 120 steps with faults. */
  readonly scale?: Scale;
}

export interface Scale {
  readonly partitions: number;
  readonly members: number;
  /** Steps with faults, and how likely there is one in a step. */
  readonly faultSteps: number;
  readonly faultChance: number;
}

/** Too little for any record beside another, for some records, for a batch of each partition, and for all. */
const memoryBytes = [1, 1_000, 4_000, Infinity] as const;
const faultSteps = 120;
const faultChance = 0.12;
/** How many steps after the last fault all must be caught up, and then stopped. */
const recoverySteps = 3_000;
const MOST_MEMBERS = 4;

/** The group, the broker and the store of one schedule, and all that goes wrong in it. */
export class World {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly group: Group;
  readonly path: Network = { isAway: false, lossChance: 0.06, oversizeChance: 0.08 };
  readonly counts: Record<string, number> = {};
  members: Member[] = [];
  readonly #invariants: Invariants;
  readonly #options: ScheduleOptions;
  readonly #log: TopicLog;
  readonly #pipeline: Pipeline;
  readonly #store = createMemoryStore();
  readonly #sink: Sink;
  readonly #policy;
  readonly #memoryBytes: number;
  #started = 0;
  /** Partitions that somebody has tried to commit since the last look. */
  readonly #changed = new Set<number>();
  /** Of each partition, the newest claim's. */
  readonly #epochs = new Map<number, number>();
  #failure: Error | undefined;

  constructor(seed: number, options: ScheduleOptions) {
    const { log, pipeline, expected } = matterOf(seed, options.scale?.partitions);
    this.#log = log;
    this.#pipeline = pipeline;
    this.#options = options;
    this.scheduler = new Scheduler(seed);
    const { random } = this.scheduler;
    this.broker = new Broker(log, random);
    this.group = new Group(log.partitions.length, this.scheduler);
    this.#policy = { maxRecords: random.integer(1, 9), lingerMs: 200 };
    this.#memoryBytes = random.pick(memoryBytes);
    this.#invariants = new Invariants(this.#store, expected, pipeline.tables.topicIds?.copies);
    const identity = { topic, group, clusterId: "simulated", pipeline };
    this.#sink = createMemorySink({ ...identity, store: this.#store });
  }

  /** Throws Violation. */
  async run(): Promise<void> {
    const { members, faultSteps: steps } = this.#options.scale ?? {
      members: this.scheduler.random.integer(1, 3),
      faultSteps,
    };
    for (let count = members; count > 0; count -= 1) await this.start();
    for (let step = 0; step < steps; step += 1) await this.#advance(true);
    await this.#recover();
  }

  /** How many members there are at once, besides those that start when all is over. */
  get mostMembers(): number {
    return this.#options.scale?.members ?? MOST_MEMBERS;
  }

  /** `run` happens in the name of the world unless an actor is given. */
  async happen(label: string, run: () => void, actor: Actor = network): Promise<void> {
    await this.scheduler.happen(actor, label, run);
  }

  async start(): Promise<void> {
    this.#started += 1;
    const actor: Actor = { name: `m${this.#started}`, state: "running" };
    await this.happen("starts", () => this.members.push(this.#createMember(actor)), actor);
  }

  /** Nothing of it happens any more; what it has sent may still arrive. */
  forget(member: Member): void {
    this.scheduler.bury(member.actor);
    this.members = this.members.filter((each) => each !== member);
  }

  nextOffset(partition: number): number {
    return this.#invariants.nextOffset(partition) ?? this.broker.at(partition).log.start;
  }

  #createMember(actor: Actor): Member {
    const { scheduler } = this;
    const port = new SimulatedPort(actor, scheduler, this.broker, this.group);
    const bug = this.#options.bug ?? {};
    const faulty = bug.sink?.(this.#sink, this.#store, () => scheduler.turn(actor, "is between two transactions"));
    const watched = this.#watch(faulty ?? this.#sink);
    const sink = createSimulatedSink(watched, actor, scheduler, this.path, (what) => this.#count(what));
    return startMember({
      actor,
      scheduler,
      port,
      sink,
      pipeline: this.#pipeline,
      policy: this.#policy,
      memoryBytes: this.#memoryBytes,
      bug,
      onEvent: (event) => {
        this.#count(event.type);
        if (event.type !== "crashed") return;
        this.#failure ??= new Violation(`${actor.name} gave up: ${event.error.message}`);
      },
    });
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Every commit that is let through must be of the newest claim. */
  #watch(sink: Sink): Sink {
    const epochs = this.#epochs;
    return {
      ...sink,
      claim: async (partition, logStartOffset) => {
        const claim = await sink.claim(partition, logStartOffset);
        epochs.set(partition, Math.max(epochs.get(partition) ?? 0, claim.epoch));
        return claim;
      },
      commit: async (claim, ...rest) => {
        this.#changed.add(claim.partition);
        const before = this.#invariants.head(claim.partition);
        await sink.commit(claim, ...rest);
        const newest = epochs.get(claim.partition) ?? 0;
        const isWritten = this.#invariants.head(claim.partition) !== before;
        if (isWritten && claim.epoch < newest && this.#options.atEndOnly !== true) {
          this.#failure ??= new Violation(
            `epoch ${claim.epoch} of ${claim.partition} committed after a claim by ${newest}`,
          );
        }
      },
    };
  }

  /** One step, a fault of which there may be. */
  async #advance(faulty: boolean): Promise<boolean> {
    const { random } = this.scheduler;
    const fault =
      faulty && random.chance(this.#options.scale?.faultChance ?? faultChance) ? drawFault(this) : undefined;
    const moved = fault === undefined ? await this.scheduler.step() : true;
    if (fault !== undefined) {
      this.#count(fault.name);
      await fault.happen();
    }
    this.#invariants.observe();
    if (this.#options.atEndOnly !== true) {
      for (const partition of this.#changed) this.#invariants.compare(partition);
      this.#changed.clear();
      // By value first: that it was an old epoch says less.
      if (this.#failure !== undefined) throw this.#failure;
    }
    return moved;
  }

  /** No more faults: all must be caught up, and stop, in so many steps. */
  async #recover(): Promise<void> {
    this.path.isAway = false;
    this.path.lossChance = 0;
    this.path.oversizeChance = 0;
    for (const bounds of this.broker.bounds) bounds.end = bounds.log.end;
    for (const member of this.members) await this.wake(member);
    // The others may be about to stop.
    await this.start();
    await this.happen("all is written", () => {
      for (const { port } of this.members) port.poll();
    });
    await this.#advanceUntil("caught up", () =>
      this.#log.partitions.every(({ partition, end }) => this.#reached(partition, end)),
    );
    let stopping = this.members.length;
    for (const member of this.members) {
      await this.happen("is told to stop", () => void member.stop().finally(() => (stopping -= 1)), member.actor);
    }
    await this.#advanceUntil("stopped", () => stopping === 0);
    await this.#advanceUntil("all memory given back", () => this.members.every(({ memory }) => memory.usedBytes === 0));
    for (const { partition } of this.#log.partitions) this.#invariants.compare(partition);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #reached(partition: number, end: number): boolean {
    return (this.#invariants.nextOffset(partition) ?? -1) >= end;
  }

  async #advanceUntil(what: string, isReached: () => boolean): Promise<void> {
    for (let step = 0; !isReached(); step += 1) {
      const most = recoverySteps * Math.max(1, this.#log.partitions.length / 3);
      if (step >= most) throw new Violation(`not ${what} after ${most} steps`);
      if (!(await this.#advance(false))) throw new Violation(`nothing is under way, and not ${what}`);
    }
  }

  /** It goes on as if nothing had been; where it was given up meanwhile, it will hear so and join again. */
  async wake(member: Member): Promise<void> {
    if (member.actor.state !== "stopped") return;
    const wakeUp = (): void => {
      member.actor.state = "running";
      if (this.group.has(member.port)) return;
      this.scheduler.post(member.actor, "hears that it is out", () => member.port.rejoin());
    };
    await this.happen("wakes", wakeUp, member.actor);
  }
}
