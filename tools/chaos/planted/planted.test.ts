import { copyPipeline, type PipelineCopy } from "@tidemark/pipeline-copy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultOptions } from "../src/options.js";
import { formatOutcome } from "../src/report.js";
import { runChaos } from "../src/run-chaos.js";
import { mistakes } from "./mistakes.js";

let copy: PipelineCopy;

beforeAll(async () => {
  copy = await copyPipeline();
});

afterAll(() => copy?.remove());

describe("a minute of faults finds in a copy of the consumer's source", () => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))("%s", async (_name, mistake) => {
    await copy.withEdits([mistake], async () => {
      const lines: string[] = [];
      const outcome = await runChaos(
        { ...defaultOptions, seed: 7, minutes: 1 },
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
