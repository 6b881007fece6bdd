import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: each takes about a minute, and the whole of two cores.
const planted = defineConfig({
  test: { outputFile: { json: "test-results/planted.json" }, testTimeout: 900_000, hookTimeout: 600_000 },
});
const merged = mergeConfig(workspaceConfig, planted);
merged.test.include = ["planted/**/*.test.ts"];

export default merged;
