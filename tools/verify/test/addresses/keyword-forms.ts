import { userInfo } from "node:os";
import { join } from "node:path";
import { ca, file, homeOf, pair, passwordFile, plain, uri, type Form } from "./form.js";

const byCertificate = (s: Parameters<Form["address"]>[0], rest = "") =>
  uri(s, `?sslmode=require&sslcert=${file(s, "client.crt")}${rest}`, "by_certificate");
const key = (s: Parameters<Form["address"]>[0]) => `&sslkey=${file(s, "client.key")}`;
const verified = (s: Parameters<Form["address"]>[0], rest: string) => uri(s, `?sslmode=verify-ca&${ca(s)}${rest}`);

/** A keyword that psql takes and nothing else does: refused by its name. */
function refusedByName(keyword: string, value: string, psql: Form["psql"] = "tls"): Form {
  const says = new RegExp(`sets ${keyword}[ ,]`);
  return {
    name: `${keyword}=${value}`,
    address: (s) => uri(s, `?${keyword}=${value}`),
    outcome: "refused",
    psql,
    says,
  };
}

/** A variable that psql heeds and nothing else does: refused by its name. */
function variableRefused(variable: string, value: string, psql: Form["psql"] = "tls"): Form {
  const says = new RegExp(`\\(by ${variable}\\)`);
  const env = () => ({ [variable]: value });
  return { name: `${variable}=${value}`, address: (s) => uri(s), env, outcome: "refused", psql, says };
}

/** A value that changes nothing here. */
const taken = (rest: string): Form => ({ name: rest, address: (s) => uri(s, `?${rest}`), outcome: "tls" });

export const certificates: readonly Form[] = [
  {
    name: "an encrypted key with sslpassword",
    address: (s) => byCertificate(s, `&sslkey=${file(s, "locked.key")}&sslpassword=open%20sesame`),
    outcome: "tls",
  },
  {
    name: "an encrypted key with another sslpassword",
    address: (s) => byCertificate(s, `&sslkey=${file(s, "locked.key")}&sslpassword=close`),
    outcome: "refused",
    says: /sslpassword/,
  },
  {
    name: "an encrypted key without sslpassword",
    address: (s) => byCertificate(s, `&sslkey=${file(s, "locked.key")}`),
    outcome: "refused",
    // It asks whoever sits at the terminal.
    psql: "not asked",
    says: /sslpassword/,
  },
  {
    name: "PGSSLCERT, PGSSLKEY and PGSSLROOTCERT",
    address: (s) => uri(s, "?sslmode=verify-full", "by_certificate"),
    env: (s) => ({
      PGSSLCERT: file(s, "client.crt"),
      PGSSLKEY: file(s, "client.key"),
      PGSSLROOTCERT: file(s, "ca.crt"),
    }),
    outcome: "tls",
  },
  {
    name: "PGSSLROOTCERT of another authority",
    address: (s) => uri(s, "?sslmode=verify-ca"),
    env: (s) => ({ PGSSLROOTCERT: file(s, "other.crt") }),
    outcome: "refused",
    says: /trusted by TLS/,
  },
  { name: "sslcertmode=allow", address: (s) => byCertificate(s, `${key(s)}&sslcertmode=allow`), outcome: "tls" },
  {
    name: "sslcertmode=disable, and the server demands a certificate",
    address: (s) => byCertificate(s, `${key(s)}&sslcertmode=disable`),
    outcome: "refused",
  },
  {
    name: "PGSSLCERTMODE",
    address: (s) => byCertificate(s, key(s)),
    env: () => ({ PGSSLCERTMODE: "disable" }),
    outcome: "refused",
  },
  {
    name: "sslcertmode=require",
    address: (s) => byCertificate(s, `${key(s)}&sslcertmode=require`),
    outcome: "refused",
    psql: "tls",
    says: /sets sslcertmode to a value that is not supported/,
  },
  {
    name: "sslcrl that revokes another certificate",
    address: (s) => verified(s, `&sslcrl=${file(s, "client.crl")}`),
    outcome: "tls",
  },
  {
    name: "sslcrl that revokes the server's",
    address: (s) => verified(s, `&sslcrl=${file(s, "server.crl")}`),
    outcome: "refused",
    says: /CERT_REVOKED/,
  },
  {
    name: "PGSSLCRL",
    address: (s) => verified(s, ""),
    env: (s) => ({ PGSSLCRL: file(s, "server.crl") }),
    outcome: "refused",
    says: /CERT_REVOKED/,
  },
  {
    name: "sslcrl without an authority, which verifies nothing",
    address: (s) => uri(s, `?sslmode=require&sslcrl=${file(s, "server.crl")}`),
    outcome: "tls",
  },
  refusedByName("sslcrldir", "/tmp"),
  variableRefused("PGSSLCRLDIR", "/tmp"),
  refusedByName("sslkeylogfile", "/nowhere/keys"),
];

export const protocols: readonly Form[] = [
  taken("sslmode=require&ssl_max_protocol_version=TLSv1.2"),
  taken("ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3"),
  {
    name: "ssl_min_protocol_version above the highest",
    address: (s) => uri(s, "?sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2"),
    outcome: "refused",
  },
  {
    name: "ssl_min_protocol_version that there is not",
    address: (s) => uri(s, "?ssl_min_protocol_version=TLSv2"),
    outcome: "refused",
    says: /sets ssl_min_protocol_version to a value/,
  },
  {
    name: "PGSSLMINPROTOCOLVERSION and PGSSLMAXPROTOCOLVERSION, which fit no version",
    address: (s) => uri(s, "?sslmode=require"),
    env: () => ({ PGSSLMINPROTOCOLVERSION: "TLSv1.3", PGSSLMAXPROTOCOLVERSION: "TLSv1.2" }),
    outcome: "refused",
  },
  taken("min_protocol_version=3.0&max_protocol_version=latest"),
  refusedByName("min_protocol_version", "3.2"),
  variableRefused("PGMINPROTOCOLVERSION", "3.2"),
  {
    name: "PGMAXPROTOCOLVERSION",
    address: (s) => uri(s),
    env: () => ({ PGMAXPROTOCOLVERSION: "3.2" }),
    outcome: "tls",
  },
  taken("sslcompression=0"),
  refusedByName("sslcompression", "1"),
  variableRefused("PGSSLCOMPRESSION", "1"),
  {
    name: "PGSSLSNI and PGSSLNEGOTIATION",
    address: (s) => uri(s, "?sslmode=require"),
    env: () => ({ PGSSLSNI: "0", PGSSLNEGOTIATION: "direct" }),
    outcome: "tls",
  },
  {
    name: "PGREQUIRESSL, which is sslmode=require",
    address: (s) => plain(s, ""),
    env: () => ({ PGREQUIRESSL: "1" }),
    outcome: "refused",
    says: /offers no TLS/,
  },
  {
    name: "PGREQUIRESSL, which sslmode overrules",
    address: (s) => plain(s, "?sslmode=prefer"),
    env: () => ({ PGREQUIRESSL: "1" }),
    outcome: "plain",
  },
];

export const logins: readonly Form[] = [
  taken("gssencmode=disable"),
  taken("gssencmode=prefer"),
  { ...refusedByName("gssencmode", "require", "refused") },
  variableRefused("PGGSSENCMODE", "require", "refused"),
  taken("gssdelegation=0"),
  refusedByName("gssdelegation", "1"),
  variableRefused("PGGSSDELEGATION", "1"),
  refusedByName("krbsrvname", "postgres"),
  variableRefused("PGKRBSRVNAME", "postgres"),
  refusedByName("gsslib", "gssapi"),
  variableRefused("PGGSSLIB", "gssapi"),
  {
    name: "requirepeer",
    address: (s) => pair(s, `host=${s.socketDirectory} requirepeer=${userInfo().username}`),
    outcome: "refused",
    psql: "plain",
    says: /sets requirepeer,/,
  },
  variableRefused("PGREQUIREPEER", "nobody"),
  refusedByName("scram_client_key", "a2V5", "refused"),
  refusedByName("scram_server_key", "a2V5", "refused"),
  refusedByName("oauth_issuer", "https://issuer.example"),
  refusedByName("oauth_client_id", "me"),
  refusedByName("oauth_client_secret", "secret"),
  refusedByName("oauth_scope", "all"),
  {
    name: "a password file of the address",
    address: (s) => pair(s, `user=odd password='' passfile=${join(homeOf(s), "mine")}`),
    files: (s) => passwordFile(s, "mine", 0o600),
    outcome: "tls",
  },
  {
    name: "a password file without this server",
    address: (s) => pair(s, `user=odd password='' host=127.0.0.1 port=${s.expiredPort} passfile=${homeOf(s)}/mine`),
    files: (s) => passwordFile(s, "mine", 0o600),
    outcome: "refused",
    says: /asks for a password/,
  },
];

export const sessions: readonly Form[] = [
  taken("client_encoding=UTF8"),
  refusedByName("client_encoding", "LATIN1"),
  variableRefused("PGCLIENTENCODING", "LATIN1"),
  taken("client_encoding=auto"),
  taken("fallback_application_name=mine"),
  taken("replication=false"),
  refusedByName("replication", "database"),
  refusedByName("servicefile", "/nowhere", "refused"),
  {
    name: "PGDATESTYLE, PGTZ and PGGEQO",
    address: (s) => uri(s),
    env: () => ({ PGDATESTYLE: "German", PGTZ: "Asia/Jakarta", PGGEQO: "off" }),
    outcome: "tls",
  },
  taken("keepalives=1&keepalives_idle=30&connect_timeout=5"),
  taken("keepalives=0"),
  taken("tcp_user_timeout=0"),
  // By the manual 0 is the system's default; Linux refuses it.
  { ...taken("keepalives_interval=0&keepalives_count=0"), psql: "not asked" },
  refusedByName("keepalives_interval", "5"),
  refusedByName("keepalives_count", "3"),
  refusedByName("tcp_user_timeout", "5000"),
  {
    name: "keepalives_idle that is no number",
    address: (s) => uri(s, "?keepalives_idle=soon"),
    outcome: "refused",
    says: /sets keepalives_idle/,
  },
  {
    name: "connect_timeout that is no number",
    address: (s) => uri(s, "?connect_timeout=soon"),
    outcome: "refused",
    says: /sets connect_timeout/,
  },
];

/** On the server with the expired certificate the role `moved` gets no TLS and reads only; on the other one it is as any. */
