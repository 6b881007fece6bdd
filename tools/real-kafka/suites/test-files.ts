import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What gives a broker to the tests beside it: a given one, or an embedded one. */
const fixtures = [
  "libs/sources/test/kafka-fixture",
  "apps/producer/test/test-broker",
  "apps/consumer/test/servers",
] as const;

/** The test files that run on a broker: those that import a fixture. As paths below the repository. */
export function listTestFiles(repository: string): string[] {
  return fixtures.flatMap((fixture) => {
    const folder = dirname(fixture);
    const imported = `"./${fixture.slice(folder.length + 1)}.js"`;
    return readdirSync(join(repository, folder))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, name))
      .filter((file) => readFileSync(join(repository, file), "utf8").includes(imported));
  });
}
