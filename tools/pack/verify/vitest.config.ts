import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: `npm test` needs nothing from outside, and this installs from the registry.
const verification = defineConfig({
  test: { outputFile: { json: "test-results/verify.json" }, hookTimeout: 600_000 },
});
const merged = mergeConfig(workspaceConfig, verification);
merged.test.include = ["verify/**/*.test.ts"];

export default merged;
