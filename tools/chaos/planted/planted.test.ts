import { copyPipeline, type Edit, type PipelineCopy } from "@tidemark/pipeline-copy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatOutcome } from "../src/report.js";
import { runChaos } from "../src/run-chaos.js";

let copy: PipelineCopy;

beforeAll(async () => {
  copy = await copyPipeline();
});

afterAll(() => copy?.remove());

/** Mistakes that nothing shows as long as nothing fails. */
const mistakes: readonly (Edit & { readonly name: string })[] = [
  {
    name: "no fence: a commit is let in whoever owns the partition by now",
    file: "libs/sinks/src/postgres/commit.ts",
    find: "WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4",
    replace: "WHERE topic = $1 AND partition = $2 AND $3::int8 IS NOT NULL AND $4::int8 IS NOT NULL",
  },
  {
    name: "the offset before the data: what is copied is another transaction",
    file: "libs/sinks/src/postgres/commit.ts",
    find: 'if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);',
    replace: `if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);
      await client.query("COMMIT; BEGIN");`,
  },
];

const options = { consumers: 4, rate: 1_000, kafka: "embedded", postgresBinaries: null, out: null } as const;

describe("a minute of faults finds in a copy of the consumer's source", () => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))("%s", async (_name, mistake) => {
    await copy.withEdits([mistake], async () => {
      const lines: string[] = [];
      const outcome = await runChaos(
        { ...options, seed: 7, minutes: 1 },
        { say: (line) => void lines.push(line), signal: new AbortController().signal, consumerRoot: copy.root },
      );
      const told = [...lines, formatOutcome(outcome, 120)].join("\n");
      expect(
        outcome.verdict?.counts.map(({ link }) => link),
        told,
      ).toContain("log-tables");
    });
  });
});
