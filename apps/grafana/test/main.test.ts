import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startGrafana, tokens, type GrafanaServer } from "./push/grafana-server.js";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", "--import", "tsx", main, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  return { code, ...text };
}

let grafana: GrafanaServer;
beforeAll(async () => {
  grafana = await startGrafana();
});
afterAll(() => grafana.close());

it("pushes to where the environment says, and ends with 0", async () => {
  const READER_DATABASE_URL = "postgresql://tidemark_reader:p@127.0.0.1:5432/tidemark";
  const env = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: tokens.admin, READER_DATABASE_URL };
  const { code, out, err } = await run(["push"], env);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n")).toHaveLength(5);
  expect(grafana.state.dashboards.size).toBe(2);
});

it("says first in which database a reader is to be made, without a password", async () => {
  const env = {
    DATABASE_URL: "postgresql://owner:s3cret@127.0.0.1:1/theirs",
    TIDEMARK_READER_PASSWORD: "s3cret-too",
  };
  const { code, out, err } = await run(["reader"], env);
  expect(code).toBe(1);
  expect(out).toBe("makes the role tidemark_reader, and tables that are missing, in owner@127.0.0.1:1/theirs\n");
  expect(err).not.toContain("s3cret");
});

it("ends with 1 and a sentence where Grafana refuses, with 2 where a variable is wrong, and tells no secret", async () => {
  const env = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: "glsa_secret" };
  const refused = await run(["push"], env);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toMatch(/^grafana: Grafana at .* does not know GRAFANA_TOKEN \(401\).*\n$/);
  for (const READER_DATABASE_URL of ["mysql://r:s3cret@host/t", "postgresql://r:s3cret@host"]) {
    const wrong = await run(["push"], { ...env, READER_DATABASE_URL });
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.err).toContain("READER_DATABASE_URL");
    expect(wrong.err).not.toContain("s3cret");
  }
  expect(await run(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("GRAFANA_URL") });
});
