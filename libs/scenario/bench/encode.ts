/**
 * How many encoded events a second one core makes, by CPU time, so that other work on the machine counts for less.
 * `node --conditions=@tidemark/source --import tsx bench/encode.ts [preset...]`
 */
import { createStream, presets } from "../src/index.js";

const events = 500_000;
const wanted = process.argv.slice(2);

for (const [name, scenario] of Object.entries(presets)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stream = createStream({ scenario, seed: 1, startMs: Date.UTC(2024, 1, 3, 17) });
  let bytes = 0;
  for (let index = 0; index < 20_000; index++) stream.at(index);
  const begun = process.cpuUsage();
  for (let index = 0; index < events; index++) bytes += stream.at(index).value?.length ?? 0;
  const { user, system } = process.cpuUsage(begun);
  const seconds = (user + system) / 1e6;
  const rate = Math.round(events / seconds).toLocaleString("en");
  console.log(`${name}: ${rate} events per CPU second (${events} events, ${bytes} bytes, ${seconds.toFixed(2)} s)`);
}
