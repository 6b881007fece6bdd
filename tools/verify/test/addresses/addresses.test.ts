import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { hasOpenssl } from "./certificates.js";
import { homeOf, pair, uri, type Form } from "./form.js";
import { hostLists } from "./host-list-forms.js";
import { certificates, logins, protocols, sessions } from "./keyword-forms.js";
import { LIBPQ_KEYWORDS, OTHER_VARIABLES } from "./libpq-keywords.js";
import { methods } from "./auth-forms.js";
import { places, refusals, surroundings } from "./other-forms.js";
import { askPrograms, askPsql, hasNewLibpq, hasPsql, reasonOf } from "./programs.js";
import { services } from "./service-forms.js";
import { bindings, sslModes } from "./tls-forms.js";
import { startTlsServers, type TlsServers } from "./tls-servers.js";

let servers: TlsServers;

beforeAll(async () => {
  if (!hasOpenssl) return;
  servers = await startTlsServers();
  await mkdir(homeOf(servers));
});
afterAll(() => servers?.close());
afterEach(() => void vi.unstubAllEnvs());

const parts = [
  { part: "sslmode", forms: sslModes },
  { part: "channel binding", forms: bindings },
  { part: "certificates", forms: certificates, isNew: true },
  { part: "protocols", forms: protocols, isNew: true },
  { part: "log-in", forms: logins, isNew: true },
  { part: "ways to authenticate", forms: methods, isNew: true },
  { part: "services", forms: services, isNew: true },
  { part: "servers", forms: places },
  { part: "several servers", forms: hostLists, isNew: true },
  { part: "sessions", forms: sessions, isNew: true },
  { part: "variables and files", forms: surroundings },
  { part: "refusals", forms: refusals },
];

// Skipped, and counted as such, where the machine cannot make certificates.
describe.skipIf(!hasOpenssl)("an address means the same to every program", () => {
  describe.each(parts)("$part", ({ forms, isNew = false }) => {
    it.for(forms)("$name: $outcome", async (form, { skip }) => {
      const { outcome, says = /^/ } = form;
      const address = form.address(servers) ?? skip("This machine has no such server.");
      await surround(form);
      const connected = outcome === "refused" ? outcome : "connected";
      const apps = { migrate: connected, sink: connected, live: connected, reader: connected };
      expect(await askPrograms(address)).toEqual({ pg: outcome, verify: outcome, ...apps });
      expect(await reasonOf(address)).toMatch(says);
    });

    // Skipped, and counted as such, where psql is not installed, or its libpq is too old for these keywords.
    const asked = forms.filter(({ psql }) => psql !== "not asked");
    it.skipIf(!hasPsql || (isNew && !hasNewLibpq)).for(asked)("$name: psql likewise", async (form, { skip }) => {
      const address = form.address(servers) ?? skip("This machine has no such server.");
      await surround(form);
      expect(await askPsql(address)).toBe(form.psql ?? form.outcome);
    });
  });

  it("every keyword of libpq, and every variable that it reads, is in one of the forms", () => {
    const forms = parts.flatMap((part) => part.forms);
    const texts = forms.map(({ address }) => address(servers) ?? "");
    const variables = new Set(forms.flatMap(({ env }) => Object.keys(env?.(servers) ?? {})));
    // In a URI these stand before the parameters.
    const inUris = new Set(["user", "password", "host", "port", "dbname"]);
    const keywords = Object.keys(LIBPQ_KEYWORDS).filter((keyword) => !inUris.has(keyword));
    const isWritten = (keyword: string) => texts.some((text) => new RegExp(`[?& ]${keyword}=`).test(text));
    expect(keywords.filter((keyword) => !isWritten(keyword))).toEqual([]);
    const read = [...Object.values(LIBPQ_KEYWORDS).filter((name) => name !== undefined), ...OTHER_VARIABLES];
    expect(read.filter((name) => !variables.has(name))).toEqual([]);
  });

  it("a refused address shows no password", async () => {
    for (const address of [
      uri(servers, "", "anyhow:se%cret"),
      uri(servers, "", "anyhow:sec/ret"),
      uri(servers, "?x=secret"),
      pair(servers, "password='secret"),
    ])
      expect(await reasonOf(address)).not.toMatch(/sec/);
  });
});

async function surround({ env, files }: Form): Promise<void> {
  await rm(join(homeOf(servers), ".postgresql"), { recursive: true, force: true });
  await files?.(servers);
  // Only the forms that make files there see them.
  vi.stubEnv("HOME", files === undefined ? servers.files : homeOf(servers));
  for (const [name, value] of Object.entries(env?.(servers) ?? {})) vi.stubEnv(name, value);
}
