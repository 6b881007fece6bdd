import { expect, test } from "vitest";
import { startBroker } from "../src/index.js";

const advice = 'give startBroker the directory to keep topics in, such as { dataDir: ".data/kafka" }.';

test.each([
  [undefined, "dataDir is missing"],
  [{}, "dataDir is missing"],
  [{ dataDir: "" }, 'dataDir is ""'],
  [{ dataDir: 5 }, "dataDir is 5"],
])("a broker without a data directory, by %j, is refused with what to give", async (options, problem) => {
  await expect(startBroker(options as never)).rejects.toMatchObject({
    name: "EmbeddedKafkaError",
    code: "directory-unusable",
    message: `${problem}: ${advice}`,
  });
});
