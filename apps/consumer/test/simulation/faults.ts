import type { Member } from "./member.js";
import type { World } from "./world.js";

/** Something that goes wrong, or changes, around the members. */
export interface Fault {
  readonly name: string;
  happen(): Promise<void>;
}

/** One of all that can happen to the world as it stands. The log grows more often than the rest. */
export function drawFault(world: World): Fault | undefined {
  const { random } = world.scheduler;
  const running = world.members.filter(({ actor }) => actor.state === "running");
  const stopped = world.members.filter(({ actor }) => actor.state === "stopped");
  const givenUp = stopped.filter(({ port }) => world.group.has(port));
  const faults: Fault[] = [
    grow(world),
    grow(world),
    grow(world),
    { name: "rebalances", happen: () => world.happen("the group rebalances", () => world.group.rebalance()) },
    { name: "outages", happen: () => switchStore(world) },
    { name: "retentions", happen: () => retain(world) },
  ];
  if (world.members.length < world.mostMembers) faults.push({ name: "starts", happen: () => world.start() });
  if (running.length > 0) {
    const member = random.pick(running);
    faults.push(
      { name: "kills", happen: () => kill(world, member) },
      { name: "stops", happen: () => stop(world, member) },
      { name: "sleeps", happen: () => sleep(world, member) },
      { name: "sleeps", happen: () => sleep(world, member) },
    );
  }
  if (givenUp.length > 0) {
    const member = random.pick(givenUp);
    const happen = () => world.happen(`${member.actor.name} is given up`, () => world.group.remove(member.port));
    faults.push({ name: "time-outs", happen }, { name: "time-outs", happen });
  }
  if (stopped.length > 0) faults.push({ name: "wakings", happen: () => world.wake(random.pick(stopped)) });
  return random.pick(faults);
}

function grow(world: World): Fault {
  return {
    name: "writes",
    async happen() {
      const { random } = world.scheduler;
      const bounds = random.pick(world.broker.bounds);
      bounds.end = Math.min(bounds.log.end, bounds.end + random.integer(1, 9));
      await world.happen(`${bounds.log.partition} is written up to ${bounds.end}`, () => {
        for (const { port } of world.members) port.poll();
      });
    },
  };
}

/** What is committed goes: who still reads there is a zombie. */
async function retain(world: World): Promise<void> {
  const { random } = world.scheduler;
  const bounds = random.pick(world.broker.bounds);
  const next = world.nextOffset(bounds.log.partition);
  if (next > bounds.start) bounds.start = random.integer(bounds.start, next);
  await world.happen(`${bounds.log.partition} begins at ${bounds.start} now`, () => {});
}

async function switchStore(world: World): Promise<void> {
  const { path } = world;
  path.isAway = !path.isAway;
  await world.happen(path.isAway ? "the store goes away" : "the store is back", () => {});
}

async function kill(world: World, member: Member): Promise<void> {
  await world.happen("is killed", () => world.forget(member), member.actor);
  const { port } = member;
  world.scheduler.post({ ...member.actor, state: "running" }, "is missed by the group", () => world.group.remove(port));
}

/** It drains, and goes on to do so while all else goes on. */
async function stop(world: World, member: Member): Promise<void> {
  await world.happen("is told to stop", () => void member.stop().then(() => world.forget(member)), member.actor);
}

/** Nothing of it happens until it wakes, nor does it know. */
async function sleep(world: World, member: Member): Promise<void> {
  await world.happen(
    "falls asleep",
    () => {
      member.actor.state = "stopped";
    },
    member.actor,
  );
}
