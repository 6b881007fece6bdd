import { defineConfig, mergeConfig } from "vitest/config";
import workspaceConfig from "../../../vitest.config.js";

// Not under test/: another Node runs it.
const newerNode = defineConfig({ test: { outputFile: { json: "test-results/newer-node.json" } } });
const merged = mergeConfig(workspaceConfig, newerNode);
merged.test.include = ["newer-node/**/*.test.ts"];

export default merged;
