import { expect, test } from "vitest";
import { checkWorkspace } from "../src/check.js";
import { formatFinding } from "../src/finding.js";
import { readProjectGraph } from "../src/nx-graph.js";
import { readWorkspace } from "../src/workspace.js";
import { repository } from "./fixture.js";

const graph = await readProjectGraph(repository, process.env);

test("no boundary is crossed in this repository", () => {
  expect(checkWorkspace(repository, graph).map(formatFinding)).toEqual([]);
});

test("Nx knows every project of the workspace", () => {
  expect([...graph.projects].sort()).toEqual(
    readWorkspace(repository)
      .projects.map(({ name }) => name)
      .sort(),
  );
});

test("the libs that are to be pure are tagged so", () => {
  const pure = readWorkspace(repository).projects.filter((project) => project.pure);
  expect(pure.map(({ name }) => name)).toEqual(expect.arrayContaining(["schema", "metrics", "windowing", "scenario"]));
});
