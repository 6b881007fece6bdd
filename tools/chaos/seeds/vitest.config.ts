import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: each takes more than a minute, and the whole of two cores.
const seeds = defineConfig({
  test: { outputFile: { json: "test-results/seeds.json" }, testTimeout: 900_000, hookTimeout: 600_000 },
});
const merged = mergeConfig(workspaceConfig, seeds);
merged.test.include = ["seeds/**/*.test.ts"];

export default merged;
