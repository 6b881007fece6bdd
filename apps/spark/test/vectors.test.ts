import { expect, it } from "vitest";
import { makeVectors } from "./vectors.js";

it("the vectors that the Python package is checked against are what this implementation gives", async () => {
  const lines = makeVectors().map((vector) => JSON.stringify(vector));
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../python/tests/vectors.ndjson");
});
