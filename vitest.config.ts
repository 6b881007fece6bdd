import { defineConfig } from "vitest/config";

// Used by every project: `vitest run --root <project>`. Workspace packages resolve to their sources.
const conditions = ["@tidemark/source", "module", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "json"],
    outputFile: { json: "test-results/vitest.json" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of one second, which is the default, a busy machine makes a judgement of speed.
    expect: { poll: { timeout: 50_000 } },
    typecheck: { enabled: false },
  },
});
