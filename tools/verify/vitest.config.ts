import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../vitest.config.js";

// Not under test/: whole streams through the whole pipeline take longer than `npm test` should.
const chain = defineConfig({
  test: { outputFile: { json: "test-results/chain.json" }, testTimeout: 300_000, hookTimeout: 120_000 },
});
const merged = mergeConfig(workspaceConfig, chain);
merged.test.include = ["chain/**/*.test.ts"];

export default merged;
