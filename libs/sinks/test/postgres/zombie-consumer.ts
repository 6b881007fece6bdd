import { createInterface } from "node:readline";
import { createSink, SinkError } from "../../src/index.js";
import { checkpointOf, commit, eventAt, identity } from "../contract/fixtures.js";

/** Claims partition 0, says so; for each line that comes commits `rows` rows, and says how that ended. */
const [databaseUrl = "", rows = "1", limits = "{}"] = process.argv.slice(2);

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

const sink = createSink({
  databaseUrl,
  ...identity,
  connections: 1,
  limits: JSON.parse(limits) as NonNullable<Parameters<typeof createSink>[0]["limits"]>,
  onEvent: (event) => say({ said: event.kind }),
});
const claim = await sink.claim(0, 0);
const offsets = Array.from({ length: Number(rows) }, (_, offset) => offset);
const step = checkpointOf([], offsets.length, { rows: offsets.map((offset) => eventAt(offset, 0)) });
say({ claimed: claim.epoch });
for await (const _ of createInterface({ input: process.stdin })) {
  const outcome = await commit(sink, claim, 0, step).then(
    () => "written",
    (error: unknown) => (error instanceof SinkError ? error.code : String(error)),
  );
  say({ outcome });
}
await sink.close();
