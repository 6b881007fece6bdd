import { expect, test } from "vitest";
import { check, createWorkspace, manifest, messageOf, places } from "./fixture.js";

const source = (name: string) => `export const a = 1;\nexport const b = "${name}";\n`;

test.each(["Kota", "Sosial_Media", "socmed_5s", "pageVisitors", "PAGE_VISITORS"])(
  "no lib but the flagship's names %s, nor do its tests",
  (name) => {
    const root = createWorkspace({
      "libs/metrics/package.json": manifest("metrics"),
      "libs/metrics/src/index.ts": source(name),
      "libs/metrics/test/a.test.ts": source(name),
      "libs/metrics/README.md": name,
      "libs/socmed/package.json": manifest("socmed"),
      "libs/socmed/src/index.ts": source(name),
      "apps/live/package.json": manifest("live"),
      "apps/live/src/main.ts": source(name),
    });
    const findings = check(root);
    expect(places(findings)).toEqual([
      "flagship-name libs/metrics/src/index.ts:2",
      "flagship-name libs/metrics/test/a.test.ts:2",
    ]);
    expect(messageOf(findings, "flagship-name")).toContain("move it to libs/socmed, or use a name of another event");
  },
);
