import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: it needs Java and Python, takes minutes, and the whole of two cores.
const spark = defineConfig({
  test: { outputFile: { json: "test-results/spark.json" }, testTimeout: 1_800_000, hookTimeout: 900_000 },
});
const merged = mergeConfig(workspaceConfig, spark);
merged.test.include = ["spark/**/*.test.ts"];

export default merged;
