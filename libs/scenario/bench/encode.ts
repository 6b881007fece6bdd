/** How many encoded events a second one core makes. `node --conditions=@tidemark/source --import tsx bench/encode.ts` */
import { createStream, presets } from "../src/index.js";

const events = 500_000;

for (const scenario of Object.values(presets)) {
  const stream = createStream({ scenario, seed: 1, startMs: Date.UTC(2024, 1, 3, 17) });
  let bytes = 0;
  const begun = performance.now();
  for (let index = 0; index < events; index++) bytes += stream.at(index).value.length;
  const seconds = (performance.now() - begun) / 1000;
  const rate = Math.round(events / seconds).toLocaleString("en");
  console.log(`${scenario.name}: ${rate} events/s (${events} events, ${bytes} bytes, ${seconds.toFixed(2)} s)`);
}
