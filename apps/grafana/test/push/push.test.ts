import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dashboards } from "@tidemark/socmed/panels";
import { pushDashboards } from "../../src/push/push.js";
import { readAddress } from "../../src/push/reader-address.js";
import { readDashboards } from "../dashboard-files.js";
import { startGrafana, tokens, type GrafanaServer } from "./grafana-server.js";

const reader = readAddress("postgresql://tidemark_reader:p%40ss@127.0.0.1:15432/tidemark");

let grafana: GrafanaServer;
beforeEach(async () => {
  grafana = await startGrafana();
});
afterEach(() => grafana.close());

interface Wishes {
  readonly token?: string;
  readonly withDatasource?: boolean;
  readonly dryRun?: boolean;
  readonly url?: string;
}

/** What was said, line by line. */
async function push({ token = tokens.admin, withDatasource = true, dryRun = false, url = grafana.url }: Wishes = {}) {
  const lines: string[] = [];
  await pushDashboards({
    grafana: { url, token },
    reader: withDatasource ? reader : undefined,
    dryRun,
    say: (line) => lines.push(line),
  });
  return lines;
}

describe("a push", () => {
  it("makes folder, data source and both dashboards, as they stand in the files", async () => {
    expect(await push()).toEqual([
      "folder Tidemark: made",
      "data source Tidemark: made",
      `dashboard Social media performance: made, ${grafana.url}/d/tidemark-social-media-performance`,
      `dashboard Pipeline health: made, ${grafana.url}/d/tidemark-pipeline-health`,
    ]);
    expect([...grafana.state.folders.values()]).toMatchObject([{ uid: "tidemark", title: "Tidemark" }]);
    expect([...grafana.state.datasources.values()]).toMatchObject([
      {
        uid: "tidemark-postgres",
        type: "grafana-postgresql-datasource",
        url: "127.0.0.1:15432",
        user: "tidemark_reader",
        jsonData: { database: "tidemark", sslmode: "disable" },
      },
    ]);
    const titles = [...readDashboards().values()].map(({ title, panels }) => [
      title,
      panels.map((panel) => panel.title),
    ]);
    const kept = [...grafana.state.dashboards.values()].map(({ dashboard, meta }) => {
      expect(meta).toMatchObject({ folderUid: "tidemark" });
      const panels = dashboard["panels"] as { title: string }[];
      return [dashboard["title"], panels.map((panel) => panel.title)];
    });
    expect(kept).toEqual(titles);
  });

  it("sends the second time nothing but the password, which Grafana keeps to itself", async () => {
    await push();
    grafana.writes.length = 0;
    expect(await push()).toEqual([
      "folder Tidemark: unchanged",
      "data source Tidemark: unchanged; its password, which Grafana keeps to itself, sent",
      "dashboard Social media performance: unchanged",
      "dashboard Pipeline health: unchanged",
    ]);
    expect(grafana.writes).toEqual(["PUT /api/datasources/uid/tidemark-postgres"]);
  });

  it("mends what somebody has changed, moved or renamed, and says what", async () => {
    await push();
    const kept = grafana.state.dashboards.get("tidemark-pipeline-health");
    const panels = (kept?.dashboard["panels"] ?? []) as { title: string; id: number }[];
    Object.assign(panels[0] ?? {}, { title: "Backlog" });
    panels.pop();
    Object.assign(kept?.meta ?? {}, { folderUid: "attic" });
    Object.assign(grafana.state.folders.get("tidemark") ?? {}, { title: "Old" });
    Object.assign(grafana.state.datasources.get("tidemark-postgres") ?? {}, { url: "elsewhere:5432" });
    const lines = await push();
    expect(lines).toEqual([
      "folder Tidemark: renamed, it was Old",
      "data source Tidemark: changed; its password, which Grafana keeps to itself, sent",
      '  url: "elsewhere:5432" -> "127.0.0.1:15432"',
      "dashboard Social media performance: unchanged",
      `dashboard Pipeline health: changed, ${grafana.url}/d/tidemark-pipeline-health`,
      '  panels[0].title: "Backlog" -> "Lag"',
      expect.stringMatching(/^ {2}panels\[9\]: nothing -> \{/),
      "  folder: attic -> tidemark",
    ]);
    expect((await push()).filter((line) => !line.includes("unchanged"))).toEqual([]);
  });

  it("with --dry-run says what it would do, and writes nothing", async () => {
    expect(await push({ dryRun: true })).toEqual([
      "folder Tidemark: would be made",
      "data source Tidemark: would be made",
      "dashboard Social media performance: would be made",
      "dashboard Pipeline health: would be made",
    ]);
    expect(grafana.writes).toEqual([]);
    await push();
    Object.assign(grafana.state.dashboards.get("tidemark-pipeline-health")?.dashboard ?? {}, { refresh: "1m" });
    grafana.writes.length = 0;
    expect(await push({ dryRun: true })).toEqual([
      "folder Tidemark: unchanged",
      "data source Tidemark: unchanged; its password, which Grafana keeps to itself, would be sent",
      "dashboard Social media performance: unchanged",
      "dashboard Pipeline health: would be changed",
      '  refresh: "1m" -> "5s"',
    ]);
    expect(grafana.writes).toEqual([]);
  });

  it("leaves the data source alone where no address of the reader is given, also as an Editor, who may not read it", async () => {
    await push();
    const lines = await push({ withDatasource: false, token: tokens.editor });
    expect(lines[1]).toBe("data source Tidemark: left alone, READER_DATABASE_URL is not set");
  });

  it("works below a path", async () => {
    await push();
    const { port } = new URL(grafana.url);
    const prefix = createServer((request, response) => {
      const path = request.url?.replace(/^\/monitoring/, "") ?? "";
      void fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { authorization: request.headers.authorization ?? "" },
      }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    });
    await new Promise<void>((resolve) => prefix.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(prefix.address() as AddressInfo).port}/monitoring`;
    expect(await push({ url, dryRun: true })).toContain("dashboard Pipeline health: unchanged");
    prefix.closeAllConnections();
    await new Promise((resolve) => prefix.close(resolve));
  });
});

describe("a push that can't be says why, and what to do:", () => {
  it("nothing listens at the address", async () => {
    await grafana.close();
    await expect(push()).rejects.toMatchObject({
      code: "not-reachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    grafana = await startGrafana();
  });

  it("the token is not known", async () => {
    await expect(push({ token: "glsa_old" })).rejects.toMatchObject({
      code: "wrong-token",
      message: expect.stringContaining("GRAFANA_TOKEN"),
    });
    await expect(push({ token: "glsa_old", withDatasource: false })).rejects.toMatchObject({ code: "wrong-token" });
  });

  it("the token may not", async () => {
    await expect(push({ token: tokens.viewer })).rejects.toMatchObject({
      code: "not-allowed",
      message: "GRAFANA_TOKEN may not save the folder Tidemark (403): its service account needs the role Editor.",
    });
    await expect(push({ token: tokens.editor })).rejects.toMatchObject({
      code: "not-allowed",
      message: expect.stringContaining("Admin"),
    });
  });

  it("the server is older than the dashboards", async () => {
    await grafana.close();
    grafana = await startGrafana({ database: "ok", version: "11.6.3" });
    await expect(push()).rejects.toMatchObject({ code: "too-old", message: expect.stringContaining("11.6.3") });
  });

  it.each([
    ["a page", 200, "text/html", "<html></html>", {}],
    ["JSON of its own", 200, "application/json", '{"status":"ok"}', {}],
    ["a redirect to a login", 302, "text/html", "", { location: "https://login.example" }],
  ])("what answers is no Grafana: %s", async (_, status, type, body, headers) => {
    const other = createServer((_request, response) =>
      response.writeHead(status, { "content-type": type, ...headers }).end(body),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expect(push({ url })).rejects.toMatchObject({
      code: "not-grafana",
      message: expect.stringContaining("GRAFANA_URL"),
    });
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });

  it("there is no data source, and no address to make one", async () => {
    await expect(push({ withDatasource: false })).rejects.toMatchObject({
      code: "no-datasource",
      message: expect.stringContaining("READER_DATABASE_URL"),
    });
    expect([...grafana.state.dashboards]).toEqual([]);
  });

  it("data source or dashboard come from that Grafana's own files", async () => {
    await push();
    Object.assign(grafana.state.datasources.get("tidemark-postgres") ?? {}, { readOnly: true });
    await expect(push()).rejects.toMatchObject({ code: "provisioned" });
    Object.assign(grafana.state.dashboards.get("tidemark-pipeline-health")?.meta ?? {}, { provisioned: true });
    await expect(push({ withDatasource: false })).rejects.toMatchObject({ code: "provisioned" });
  });

  it("Grafana refuses for a reason of its own, which is told", async () => {
    await push();
    const [first] = dashboards;
    grafana.state.dashboards.delete(`tidemark-${first?.id}`);
    grafana.state.folders.get = () => ({ title: "Tidemark" });
    grafana.state.folders.clear();
    await expect(push()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("folder not found"),
    });
  });
});

describe("the reader's address", () => {
  it("is taken apart, with its password and port, and TLS that checks the server but on its own machine", () => {
    expect(reader).toEqual({
      host: "127.0.0.1:15432",
      database: "tidemark",
      user: "tidemark_reader",
      password: "p@ss",
      sslMode: "disable",
    });
    expect(readAddress("postgresql://r:p@db.example/t")).toMatchObject({
      host: "db.example:5432",
      sslMode: "verify-full",
    });
    expect(readAddress("postgresql://r:p@db.example/t?sslmode=require")).toMatchObject({ sslMode: "require" });
  });

  it.each([
    "postgresql://r@host/t",
    "postgresql://r:p@host",
    "postgresql://r:p@host/t?sslmode=prefer",
    "postgresql:///t",
  ])("%s is refused", (url) => {
    expect(() => readAddress(url)).toThrow(expect.objectContaining({ code: "bad-reader-url" }));
  });
});
