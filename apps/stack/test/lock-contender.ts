import { once } from "node:events";
import { join } from "node:path";
import { takeLock } from "../src/directory-lock.js";

// Says that it is ready; told to go, tries for each lock in turn and says which it got; keeps them until its input ends.
const [, , directory = "", rounds = "0"] = process.argv;
const ended = once(process.stdin, "end");
process.stdout.write("\n");
await once(process.stdin, "data");
for (let round = 0; round < Number(rounds); round += 1) {
  const { taken } = await takeLock(join(directory, `lock-${round}`));
  process.stdout.write(taken ? "1" : "0");
}
await ended;
