import type { Actor, Scheduler } from "./scheduler.js";

/** A member, as the group's coordinator knows it. */
export interface GroupMember {
  readonly actor: Actor;
  /** Of the assignment that it has last heard of. */
  readonly generation: number;
  assigned(generation: number, partitions: readonly number[]): void;
}

/** The consumer group: shares the partitions out anew whenever somebody comes, leaves or is given up. */
export class Group {
  generation = 0;
  readonly #partitions: number;
  readonly #scheduler: Scheduler;
  readonly #members = new Set<GroupMember>();
  #shares = new Map<GroupMember, number[]>();

  constructor(partitions: number, scheduler: Scheduler) {
    this.#partitions = partitions;
    this.#scheduler = scheduler;
  }

  has(member: GroupMember): boolean {
    return this.#members.has(member);
  }

  /** Whether its heartbeat is answered with a yes. */
  isCurrent(member: GroupMember): boolean {
    return this.has(member) && member.generation === this.generation;
  }

  join(member: GroupMember): void {
    this.#members.add(member);
    this.rebalance();
  }

  /** It left, or its session has timed out: the others get what it had, whether it knows or not. */
  remove(member: GroupMember): void {
    if (this.#members.delete(member)) this.rebalance();
  }

  /** Draws new shares. Each member hears of its own when its turn comes. */
  rebalance(): void {
    this.generation += 1;
    const members = [...this.#members];
    this.#shares = new Map(members.map((member) => [member, []]));
    for (let partition = 0; partition < this.#partitions && members.length > 0; partition += 1) {
      this.#shares.get(this.#scheduler.random.pick(members))?.push(partition);
    }
    for (const member of members) this.#scheduler.post(member.actor, "joins", () => this.#tell(member));
  }

  #tell(member: GroupMember): void {
    if (this.has(member) && !this.isCurrent(member)) {
      member.assigned(this.generation, this.#shares.get(member) ?? []);
    }
  }
}
