import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: these need Java and Python, and the first time PyPI and Maven Central.
const spark = defineConfig({
  test: { outputFile: { json: "test-results/spark.json" }, testTimeout: 400_000, hookTimeout: 900_000 },
});
const merged = mergeConfig(workspaceConfig, spark);
merged.test.include = ["spark/**/*.test.ts"];

export default merged;
