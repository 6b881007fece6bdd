import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { fileURLToPath } from "node:url";

const preload = fileURLToPath(new URL("../src/wrong-clock.ts", import.meta.url));

it("a wrong clock is wrong for all who ask for the time, and for nothing else", () => {
  const hours = -30;
  const script = `const made = new Date();
    console.log(JSON.stringify({
      now: Date.now(), made: made.getTime(), isDate: made instanceof Date, said: Date.parse(Date()),
      given: new Date(0).toISOString(), parts: new Date(2024, 1, 3).getFullYear(), utc: Date.UTC(2024, 1, 3),
    }))`;
  const args = ["--import", "tsx", "--import", preload, "--input-type=module", "-e", script];
  const env = { ...process.env, TIDEMARK_CLOCK_HOURS: String(hours) };
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  expect(stderr).toBe("");
  const told = JSON.parse(stdout) as Record<string, number | string | boolean>;
  const expected = Date.now() + hours * 3_600_000;
  // As long as this process may have waited for that one.
  for (const name of ["now", "made", "said"]) expect(Math.abs(Number(told[name]) - expected)).toBeLessThan(600_000);
  expect(told).toMatchObject({
    isDate: true,
    given: "1970-01-01T00:00:00.000Z",
    parts: 2024,
    utc: Date.parse("2024-02-03T00:00:00Z"),
  });
});
