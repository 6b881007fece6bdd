import { join } from "node:path";
import { completeAddress } from "@tidemark/sinks/address";
import { ca, encodedOdd, file, homeOf, pair, passwordFile, quotedOdd, uri, usualFile, type Form } from "./form.js";

export const places: readonly Form[] = [
  {
    name: "an IPv6 literal",
    address: (s) => (s.ipv6Port === undefined ? undefined : `postgresql://anyhow:secret@[::1]:${s.ipv6Port}/tidemark`),
    outcome: "tls",
  },
  {
    name: "a socket's directory, percent-encoded",
    address: (s) => uri(s, "?sslmode=require", undefined, encodeURIComponent(s.socketDirectory)),
    outcome: "plain",
  },
  {
    name: "a socket's directory as a parameter",
    address: (s) => `postgresql:///tidemark?host=${s.socketDirectory}&port=${s.port}&user=anyhow&password=secret`,
    outcome: "plain",
  },
  {
    name: "several hosts, the first of them down",
    address: (s) => `postgresql://anyhow:secret@127.0.0.1:${s.closedPort},localhost:${s.port}/tidemark`,
    outcome: "tls",
  },
  {
    name: "several hosts, all of them down",
    address: (s) => `postgresql://anyhow:secret@127.0.0.1:${s.closedPort},127.0.0.1:${s.closedPort}/tidemark`,
    outcome: "refused",
    says: /No server of the address/,
  },
  {
    name: "several hosts, the first of which refuses",
    address: (s) => `postgresql://anyhow:wrong@localhost:${s.port},localhost:${s.port}/tidemark`,
    outcome: "refused",
  },
  {
    name: "in random order",
    address: (s) =>
      `postgresql://anyhow:secret@localhost:${s.port},localhost:${s.port}/tidemark?load_balance_hosts=random`,
    outcome: "tls",
    psql: "not asked",
  },
  { name: "a primary", address: (s) => uri(s, "?target_session_attrs=primary"), outcome: "tls" },
  { name: "a server that writes", address: (s) => uri(s, "?target_session_attrs=read-write"), outcome: "tls" },
  {
    name: "a standby",
    address: (s) => uri(s, "?target_session_attrs=standby"),
    outcome: "refused",
    says: /target_session_attrs=standby/,
  },
  {
    name: "a standby where there is one",
    address: (s) => uri(s, "?target_session_attrs=prefer-standby"),
    outcome: "tls",
  },
  {
    name: "keyword=value",
    address: (s) => pair(s, "application_name='a name' connect_timeout=5 keepalives_idle=30"),
    outcome: "tls",
  },
  {
    name: "a password with special characters in a URI",
    address: (s) => uri(s, "", `odd:${encodedOdd}`),
    outcome: "tls",
  },
  {
    name: "a password with special characters in quotes",
    address: (s) => pair(s, `user=odd password=${quotedOdd}`),
    outcome: "tls",
  },
  {
    name: "percent-encoded user and database",
    address: (s) => `postgresql://%61nyhow:secret@localhost:${s.port}/tide%6dark`,
    outcome: "tls",
  },
  { name: "options", address: (s) => uri(s, "?options=-c%20work_mem%3D8MB"), outcome: "tls" },
];

export const surroundings: readonly Form[] = [
  {
    name: "the PG* variables alone",
    address: () => "postgresql://",
    env: (s) => ({
      PGHOST: "localhost",
      PGPORT: String(s.port),
      PGUSER: "anyhow",
      PGPASSWORD: "secret",
      PGDATABASE: "tidemark",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: file(s, "ca.crt"),
      PGAPPNAME: "mine",
      PGOPTIONS: "-c work_mem=8MB",
      PGCONNECT_TIMEOUT: "5",
      PGTARGETSESSIONATTRS: "any",
      PGCHANNELBINDING: "require",
    }),
    outcome: "tls",
  },
  {
    name: "a complete address, with variables for other servers",
    address: (s) => completeAddress(uri(s)),
    env: () => ({
      PGHOSTADDR: "192.0.2.1",
      PGSSLMODE: "verify-full",
      PGSERVICE: "other",
      PGREQUIREAUTH: "none",
      PGOPTIONS: "-c no_such_setting=1",
      PGTARGETSESSIONATTRS: "standby",
      PGCHANNELBINDING: "require",
      PGPASSWORD: "wrong",
    }),
    outcome: "plain",
    psql: "not asked",
  },
  {
    name: "PGSSLMODE, which the address overrules",
    address: (s) => uri(s, "?sslmode=disable"),
    env: () => ({ PGSSLMODE: "verify-full" }),
    outcome: "plain",
  },
  {
    name: "a password file",
    address: (s) => `postgresql://odd@localhost:${s.port}/tidemark`,
    files: (s) => passwordFile(s, ".pgpass", 0o600),
    env: (s) => ({ PGPASSFILE: join(homeOf(s), ".pgpass") }),
    outcome: "tls",
  },
  {
    name: "a password file that others may read",
    address: (s) => uri(s, `?passfile=${join(homeOf(s), "open")}`, "odd"),
    files: (s) => passwordFile(s, "open", 0o644),
    outcome: "refused",
    says: /asks for a password/,
  },
  {
    name: "the authorities' usual file",
    address: (s) => uri(s, "?sslmode=verify-full"),
    files: (s) => usualFile(s, "ca.crt"),
    outcome: "tls",
  },
  {
    name: "require with the usual file of another authority",
    address: (s) => uri(s, "?sslmode=require"),
    files: (s) => usualFile(s, "other.crt"),
    outcome: "refused",
  },
];

export const refusals: readonly Form[] = [
  {
    name: "an unknown parameter",
    address: (s) => uri(s, "?statement_timeout=5"),
    outcome: "refused",
    says: /unknown parameter "statement_timeout"/,
  },
  {
    name: "an sslmode that there is not",
    address: (s) => uri(s, "?sslmode=no-verify"),
    outcome: "refused",
    says: /sslmode to a value/,
  },
  {
    name: "malformed percent-encoding",
    address: (s) => uri(s, "", "anyhow:se%cret"),
    outcome: "refused",
    says: /percent-encoding in its password/,
  },
  {
    name: "an unescaped slash in the password",
    address: (s) => uri(s, "", "anyhow:sec/ret"),
    outcome: "refused",
    says: /port that is no number/,
  },
  {
    name: "a number of ports that fits no hosts",
    address: (s) => pair(s, "port=1,2"),
    outcome: "refused",
    says: /as many ports/,
  },
  {
    name: "a file that is not there",
    address: (s) => uri(s, "?sslmode=require&sslrootcert=/none.crt"),
    outcome: "refused",
    psql: "tls",
    says: /sslrootcert the file \/none.crt/,
  },
  {
    name: "uselibpqcompat, which is another library's",
    address: (s) => uri(s, `?uselibpqcompat=true&sslmode=require&${ca(s)}`),
    outcome: "tls",
    psql: "refused",
  },
];
