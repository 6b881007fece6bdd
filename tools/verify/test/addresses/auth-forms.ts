import { file, plain, uri, type Form } from "./form.js";
import type { TlsServers } from "./tls-servers.js";

const refused = (methods: string, user: string, says: RegExp): Form => ({
  name: `require_auth=${methods} as ${user}`,
  address: (s) => uri(s, `?require_auth=${methods}`, `${user}:secret`),
  outcome: "refused",
  says,
});

const taken = (methods: string, user: string): Form => ({
  name: `require_auth=${methods} as ${user}`,
  address: (s) => uri(s, `?require_auth=${methods}`, `${user}:secret`),
  outcome: "tls",
});

const byCertificate = (s: TlsServers, methods: string) =>
  uri(
    s,
    `?sslmode=require&sslcert=${file(s, "client.crt")}&sslkey=${file(s, "client.key")}&require_auth=${methods}`,
    "by_certificate",
  );

/** The server asks `anyhow` for SCRAM, `cleartext` for a password, `hashed` for MD5, and `by_certificate` for nothing beside TLS. */
export const methods: readonly Form[] = [
  taken("scram-sha-256", "anyhow"),
  taken("password", "cleartext"),
  taken("md5", "hashed"),
  taken("md5,scram-sha-256", "anyhow"),
  taken("password,none", "cleartext"),
  taken("!password", "anyhow"),
  taken("!password,!none", "anyhow"),
  taken("!gss,!sspi,!oauth", "anyhow"),
  refused("password", "anyhow", /asks for SCRAM authentication, which require_auth=password does not allow/),
  refused("none", "anyhow", /asks for SCRAM/),
  refused("gss", "anyhow", /asks for SCRAM/),
  refused("!scram-sha-256", "anyhow", /asks for SCRAM/),
  refused("scram-sha-256", "cleartext", /asks for a password in clear text, which/),
  refused("scram-sha-256", "hashed", /asks for an MD5-hashed password/),
  refused("!md5", "hashed", /asks for an MD5-hashed password/),
  {
    name: "require_auth=none, and the server only wants a certificate",
    address: (s) => byCertificate(s, "none"),
    outcome: "tls",
  },
  {
    name: "require_auth=!password, and the server only wants a certificate",
    address: (s) => byCertificate(s, "!password"),
    outcome: "tls",
  },
  {
    name: "require_auth=scram-sha-256, and the server only wants a certificate",
    address: (s) => byCertificate(s, "scram-sha-256"),
    outcome: "refused",
    says: /lets clients in that did not authenticate/,
  },
  {
    name: "require_auth=!none, and the server only wants a certificate",
    address: (s) => byCertificate(s, "!none"),
    outcome: "refused",
    says: /lets clients in that did not authenticate/,
  },
  {
    // Without TLS the server asks this role for a password in clear text. libpq does not try that.
    name: "a method that is asked for without TLS alone",
    address: (s) => uri(s, "?sslmode=prefer&require_auth=password", "two_ways:secret"),
    outcome: "refused",
    says: /asks for SCRAM/,
  },
  {
    name: "the same without TLS",
    address: (s) => plain(s, "?require_auth=password").replace("anyhow", "two_ways"),
    outcome: "plain",
  },
  {
    name: "PGREQUIREAUTH",
    address: (s) => uri(s, "", "cleartext:secret"),
    env: () => ({ PGREQUIREAUTH: "scram-sha-256" }),
    outcome: "refused",
    says: /which require_auth=scram-sha-256/,
  },
  refused("scram", "anyhow", /sets require_auth, which takes a list/),
  refused("md5,%20scram-sha-256", "anyhow", /sets require_auth, which takes a list, without spaces/),
  refused("md5,", "anyhow", /sets require_auth, which takes a list/),
  refused("md5,!password", "anyhow", /takes either methods or methods with an exclamation mark/),
  refused("!md5,password", "anyhow", /takes either methods or methods with an exclamation mark/),
  refused("md5,md5", "anyhow", /names md5 more than once/),
  refused("none,none", "anyhow", /names none more than once/),
];
