// The fake stream needs no server: event i depends on the scenario, the seed and i alone.
import { createStream, presets } from "@tidemark/socmed/scenario";

const stream = createStream({ scenario: presets.deck, seed: 1, startMs: Date.parse("2024-02-03T17:00:00Z") });

for (const index of [0, 1, 1_000_000]) {
  const { key, arrivalMs, value } = stream.at(index);
  console.log(index, key, new Date(arrivalMs).toISOString(), new TextDecoder().decode(value));
}
