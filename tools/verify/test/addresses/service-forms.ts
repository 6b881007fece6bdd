import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { file, homeOf, pair, uri, type Form } from "./form.js";
import type { TlsServers } from "./tls-servers.js";

/** Services of the user's own file, and of the system's. */
const ofUser = (s: TlsServers) => `
# a comment
[else]
host=192.0.2.1

[mine]
  host=localhost
port=${s.port}
user=anyhow
password=secret
# the first one counts
password=wrong
dbname=tidemark
sslmode=verify-full
sslrootcert=${file(s, "ca.crt")}
application_name=a = b
[mine]
host=192.0.2.1

[spaced]
host = localhost

[nested]
service=mine

[unknown]
hots=localhost

[bare]
localhost

[refused]
host=localhost
krbsrvname=postgres
[by ldap]
ldap://ldap.example/dc=example?uniqueMember?one?(cn=mine)
`;

const ofSystem = (s: TlsServers) => `[ours]\nhost=localhost\nport=${s.port}\nuser=anyhow\npassword=secret\n`;

const system = (s: TlsServers) => join(homeOf(s), "system");
async function writeServices(s: TlsServers): Promise<void> {
  await mkdir(system(s), { recursive: true });
  await writeFile(join(homeOf(s), ".pg_service.conf"), ofUser(s));
  await writeFile(join(system(s), "pg_service.conf"), ofSystem(s));
}

/** A form that finds these files. */
const form = (name: string, more: Omit<Form, "name" | "files">): Form => ({ ...more, name, files: writeServices });
const refused = (service: string, says: RegExp): Form =>
  form(`a service that is ${service}`, { address: () => `service='${service}'`, outcome: "refused", says });

export const services: readonly Form[] = [
  form("a service as keyword=value", { address: () => "service=mine", outcome: "tls" }),
  form("a service in a URI", { address: () => "postgresql://?service=mine", outcome: "tls" }),
  form("PGSERVICE", { address: () => "postgresql://", env: () => ({ PGSERVICE: "mine" }), outcome: "tls" }),
  form("a service whose host the address overrules", {
    address: (s) => `postgresql://127.0.0.1:${s.plainPort}/?service=mine&sslmode=disable`,
    outcome: "plain",
  }),
  form("a service, which overrules variables", {
    address: () => "service=mine",
    env: () => ({ PGHOST: "192.0.2.1", PGPASSWORD: "wrong", PGSSLMODE: "disable", PGSERVICE: "else" }),
    outcome: "tls",
  }),
  form("a service of the system's file, completed by variables", {
    address: () => "service=ours",
    env: (s) => ({ PGSYSCONFDIR: system(s), PGDATABASE: "tidemark" }),
    outcome: "tls",
  }),
  form("PGSERVICEFILE", {
    address: () => "service=ours dbname=tidemark",
    env: (s) => ({ PGSERVICEFILE: join(system(s), "pg_service.conf") }),
    outcome: "tls",
  }),
  form("PGSERVICEFILE in place of the user's own file", {
    address: () => "service=mine",
    env: (s) => ({ PGSERVICEFILE: join(system(s), "pg_service.conf") }),
    outcome: "refused",
    says: /names the service "mine", which is neither in/,
  }),
  form("PGSERVICEFILE that is not there, and the system's file", {
    address: () => "service=ours dbname=tidemark",
    env: (s) => ({ PGSERVICEFILE: "/nowhere", PGSYSCONFDIR: system(s) }),
    outcome: "refused",
    says: /its file \/nowhere cannot be read \(ENOENT\)/,
  }),
  {
    name: "PGSERVICEFILE and PGSYSCONFDIR without a service",
    address: (s) => uri(s),
    env: () => ({ PGSERVICEFILE: "/nowhere", PGSYSCONFDIR: "/nowhere" }),
    outcome: "tls",
  },
  {
    name: "a service without any file",
    address: (s) => pair(s, "service=mine"),
    env: () => ({ PGSYSCONFDIR: "/nowhere" }),
    outcome: "refused",
    says: /names the service "mine", which is neither in/,
  },
  refused("nowhere", /names the service "nowhere"/),
  refused("spaced", /unknown parameter "host " \(by the service "spaced"\)/),
  refused("nested", /line \d+ of .*\.pg_service\.conf sets service/),
  refused("unknown", /unknown parameter "hots" \(by the service "unknown"\)/),
  refused("bare", /line \d+ of .*\.pg_service\.conf is not keyword=value/),
  refused("by ldap", /by LDAP, which is not supported/),
  {
    ...refused("refused", /sets krbsrvname \(by the service "refused"\), which is not supported/),
    psql: "not asked",
  },
];
