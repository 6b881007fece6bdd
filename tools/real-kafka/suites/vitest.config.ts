import { join } from "node:path";
import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";
import { listTestFiles } from "./test-files.js";

const repository = join(import.meta.dirname, "../../..");

// The tests of other projects, as they are, on a real Kafka.
const suites = defineConfig({
  test: {
    outputFile: { json: join(import.meta.dirname, "../test-results/suites.json") },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
const merged = mergeConfig({ ...workspaceConfig, root: repository }, suites);
merged.test.include = listTestFiles(repository);

export default merged;
