import {
  SourceError,
  type FetchedBatch,
  type KafkaListener,
  type KafkaPort,
  type PartitionOffsets,
} from "@tidemark/sources";
import type { Broker } from "./broker.js";
import type { Group, GroupMember } from "./group.js";
import type { Actor, Scheduler } from "./scheduler.js";

/** Where the client stands in one partition. */
interface Reader {
  readonly partition: number;
  /** Where the next fetch asks, unless it was sought. */
  position: number;
  sought: number | undefined;
  paused: boolean;
  assigned: boolean;
  /** A fetch or its batch is under way: one after another. */
  busy: boolean;
  /** The last batch was from before a seek. */
  wasStale: boolean;
}

const refusedOffsets = 0.08;
const newSession = 0.2;
const staleFetch = 0.2;

/** A Kafka client whose every answer waits for its turn. Fetches that were asked before a seek are delivered after it. */
export class SimulatedPort implements KafkaPort, GroupMember {
  generation = -1;
  readonly actor: Actor;
  readonly #scheduler: Scheduler;
  readonly #broker: Broker;
  readonly #group: Group;
  readonly #readers = new Map<number, Reader>();
  #listener: KafkaListener | undefined;

  constructor(actor: Actor, scheduler: Scheduler, broker: Broker, group: Group) {
    this.actor = actor;
    this.#scheduler = scheduler;
    this.#broker = broker;
    this.#group = group;
  }

  async run(listener: KafkaListener, signal: AbortSignal): Promise<void> {
    this.#listener = listener;
    this.#group.join(this);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#listener = undefined;
    this.#group.remove(this);
    await this.#scheduler.turn(this.actor, "leaves the group");
  }

  assigned(generation: number, partitions: readonly number[]): void {
    this.generation = generation;
    if (this.#scheduler.random.chance(newSession)) this.#forgetAll();
    for (const reader of this.#readers.values()) reader.assigned &&= partitions.includes(reader.partition);
    for (const partition of partitions) this.#open(partition);
    this.#listener?.assigned(partitions);
    this.poll();
  }

  pause(partition: number): void {
    const reader = this.#readers.get(partition);
    if (reader !== undefined) reader.paused = true;
  }

  resume(partition: number, offset: number): void {
    const reader = this.#readers.get(partition);
    if (reader === undefined) return;
    reader.paused = false;
    // A fetch from before the seek may be on its way already.
    if (this.#scheduler.random.chance(staleFetch)) this.#fetch(reader);
    reader.sought = offset;
    this.#fetch(reader);
  }

  async commit(): Promise<void> {
    await this.#scheduler.turn(this.actor, "reports its offsets");
  }

  async confirmMembership(signal: AbortSignal): Promise<void> {
    await this.#scheduler.turn(this.actor, "asks whether it is a member");
    signal.throwIfAborted();
    if (this.#group.isCurrent(this)) return;
    throw new SourceError("evicted", "the group has given this member up", { retryable: true });
  }

  async readOffsets(signal: AbortSignal): Promise<readonly PartitionOffsets[]> {
    await this.#scheduler.turn(this.actor, "asks for the offsets");
    signal.throwIfAborted();
    if (this.#scheduler.random.chance(refusedOffsets)) {
      throw new SourceError("unreachable", "the broker is away", { retryable: true });
    }
    const offsets = this.#broker.bounds.map(({ start, end }, partition) => ({ partition, start, end }));
    await this.#scheduler.turn(this.actor, "gets the offsets");
    return offsets;
  }

  /** It hears that the group has given it up. */
  rejoin(): void {
    if (this.#listener !== undefined) this.#group.join(this);
  }

  /** Goes on where records have come. */
  poll(): void {
    for (const reader of this.#readers.values()) this.#fetch(reader);
  }

  /** The connection broke: another session knows nothing of the one before, whose batches may still be under way. */
  #forgetAll(): void {
    for (const reader of this.#readers.values()) reader.assigned = false;
    this.#readers.clear();
  }

  /** A partition that is new begins wherever Kafka has a commit of it, and is read at once unless it is paused. */
  #open(partition: number): void {
    const known = this.#readers.get(partition);
    if (known?.assigned === true) return;
    const { log, end } = this.#broker.at(partition);
    const position = this.#scheduler.random.integer(log.start, end);
    const fresh = {
      partition,
      position,
      sought: undefined,
      paused: false,
      assigned: true,
      busy: false,
      wasStale: true,
    };
    this.#readers.set(partition, known === undefined ? fresh : Object.assign(known, { ...fresh, busy: known.busy }));
  }

  #fetch(reader: Reader): void {
    if (!reader.assigned || reader.paused || reader.busy || this.#listener === undefined) return;
    const asked = Math.max(reader.sought ?? reader.position, this.#broker.at(reader.partition).start);
    const batch = this.#broker.read(reader.partition, asked);
    reader.position = asked;
    reader.sought = undefined;
    if (batch === undefined) return;
    reader.busy = true;
    const label = `gets ${batch.partition}:${batch.firstOffset}-${batch.lastOffset}`;
    this.#scheduler.post(this.actor, label, () => void this.#deliver(reader, batch));
  }

  async #deliver(reader: Reader, batch: FetchedBatch): Promise<void> {
    const isStale = reader.sought !== undefined;
    // The port promises that such a one does not follow another stale one.
    const isKept = !isStale || batch.fetchedFrom !== null || !reader.wasStale;
    reader.wasStale = isStale;
    // One without records is passed over by the client, whatever becomes of it.
    if (batch.records.length === 0) reader.position = batch.lastOffset + 1;
    try {
      const taken = isKept && (await this.#listener?.batch(batch, () => this.#heartbeat())) === true;
      if (taken && batch.records.length > 0) reader.position = batch.lastOffset + 1;
    } catch {
      // As the heartbeat did: its next assignment is on its way.
    }
    reader.busy = false;
    this.#scheduler.post(this.actor, `polls ${reader.partition}`, () => this.#fetch(reader));
  }

  async #heartbeat(): Promise<void> {
    await this.#scheduler.turn(this.actor, "sends a heartbeat");
    if (!this.#group.isCurrent(this)) throw new Error("The group is rebalancing.");
  }
}
