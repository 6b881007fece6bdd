import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: it needs every lib packed.
const check = defineConfig({ test: { outputFile: { json: "test-results/check.json" } } });
const merged = mergeConfig(workspaceConfig, check);
merged.test.include = ["check/**/*.test.ts"];

export default merged;
