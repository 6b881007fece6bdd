import { ca, expired, file, other, pair, plain, uri, type Form } from "./form.js";

export const sslModes: readonly Form[] = [
  { name: "no sslmode: TLS where it is offered", address: (s) => uri(s), outcome: "tls" },
  { name: "no sslmode, and no TLS offered", address: (s) => plain(s, ""), outcome: "plain" },
  { name: "disable", address: (s) => uri(s, "?sslmode=disable"), outcome: "plain" },
  {
    name: "disable, and the server demands TLS",
    address: (s) => uri(s, "?sslmode=disable", "only_tls:secret"),
    outcome: "refused",
  },
  { name: "allow", address: (s) => uri(s, "?sslmode=allow"), outcome: "plain" },
  {
    name: "allow, and the server demands TLS",
    address: (s) => uri(s, "?sslmode=allow", "only_tls:secret"),
    outcome: "tls",
  },
  { name: "prefer", address: (s) => uri(s, "?sslmode=prefer"), outcome: "tls" },
  {
    name: "prefer, and the server refuses TLS",
    address: (s) => uri(s, "?sslmode=prefer", "only_plain:secret"),
    outcome: "plain",
  },
  { name: "prefer with another authority", address: (s) => uri(s, `?sslmode=prefer&${other(s)}`), outcome: "plain" },
  { name: "require does not verify without a file", address: (s) => uri(s, "?sslmode=require"), outcome: "tls" },
  { name: "require verifies by a file", address: (s) => uri(s, `?sslmode=require&${ca(s)}`), outcome: "tls" },
  {
    name: "require with another authority",
    address: (s) => uri(s, `?sslmode=require&${other(s)}`),
    outcome: "refused",
    says: /trusted by TLS/,
  },
  {
    name: "require, and no TLS offered",
    address: (s) => plain(s, "?sslmode=require"),
    outcome: "refused",
    says: /offers no TLS/,
  },
  { name: "ssl=true is require", address: (s) => plain(s, "?ssl=true"), outcome: "refused", says: /offers no TLS/ },
  { name: "verify-ca", address: (s) => uri(s, `?sslmode=verify-ca&${ca(s)}`), outcome: "tls" },
  {
    name: "verify-ca with another host name",
    address: (s) => uri(s, `?sslmode=verify-ca&${ca(s)}`, undefined, "127.0.0.1"),
    outcome: "tls",
  },
  {
    name: "verify-ca with another authority",
    address: (s) => uri(s, `?sslmode=verify-ca&${other(s)}`),
    outcome: "refused",
  },
  {
    name: "verify-ca without a file",
    address: (s) => uri(s, "?sslmode=verify-ca"),
    outcome: "refused",
    says: /does not exist; name one by sslrootcert/,
  },
  { name: "verify-full", address: (s) => uri(s, `?sslmode=verify-full&${ca(s)}`), outcome: "tls" },
  {
    name: "verify-full with another host name",
    address: (s) => uri(s, `?sslmode=verify-full&${ca(s)}`, undefined, "127.0.0.1"),
    outcome: "refused",
    says: /ALTNAME/,
  },
  {
    name: "verify-full, host and hostaddr",
    address: (s) => pair(s, `hostaddr=127.0.0.1 sslmode=verify-full ${ca(s)}`),
    outcome: "tls",
  },
  {
    name: "verify-full by the system's authorities",
    address: (s) => uri(s, "?sslrootcert=system"),
    outcome: "refused",
    psql: "not asked",
    says: /trusted by TLS/,
  },
  { name: "an expired certificate, not verified", address: (s) => expired(s, "?sslmode=require"), outcome: "tls" },
  {
    name: "an expired certificate",
    address: (s) => expired(s, `?sslmode=verify-ca&${ca(s)}`),
    outcome: "refused",
    says: /CERT_HAS_EXPIRED/,
  },
  {
    name: "TLS 1.3 at least",
    address: (s) => uri(s, "?sslmode=require&ssl_min_protocol_version=TLSv1.3"),
    outcome: "tls",
  },
  {
    name: "no server name in the handshake",
    address: (s) => uri(s, `?sslmode=verify-full&sslsni=0&${ca(s)}`),
    outcome: "tls",
  },
  {
    name: "TLS from the first byte",
    address: (s) => uri(s, `?sslmode=verify-full&sslnegotiation=direct&${ca(s)}`),
    outcome: "tls",
    psql: "not asked",
  },
  {
    name: "TLS from the first byte, preferred",
    address: (s) => uri(s, "?sslmode=prefer&sslnegotiation=direct"),
    outcome: "refused",
  },
  {
    name: "a client certificate",
    address: (s) =>
      uri(s, `?sslmode=require&sslcert=${file(s, "client.crt")}&sslkey=${file(s, "client.key")}`, "by_certificate"),
    outcome: "tls",
  },
  { name: "no client certificate", address: (s) => uri(s, "?sslmode=require", "by_certificate"), outcome: "refused" },
];

export const bindings: readonly Form[] = [
  {
    name: "channel_binding=require over TLS, as Neon's",
    address: (s) => uri(s, "?sslmode=require&channel_binding=require"),
    outcome: "tls",
  },
  {
    name: "channel_binding=require without TLS",
    address: (s) => uri(s, "?sslmode=disable&channel_binding=require"),
    outcome: "refused",
    says: /channel binding/,
  },
  {
    name: "channel_binding=require, no TLS offered",
    address: (s) => plain(s, "?channel_binding=require"),
    outcome: "refused",
    says: /channel binding/,
  },
  {
    name: "channel_binding=require, a password in clear",
    address: (s) => uri(s, "?sslmode=require&channel_binding=require", "cleartext:secret"),
    outcome: "refused",
    says: /channel binding/,
  },
  {
    name: "channel_binding=require, and the server only wants a certificate",
    address: (s) =>
      uri(
        s,
        `?sslmode=require&channel_binding=require&sslcert=${file(s, "client.crt")}&sslkey=${file(s, "client.key")}`,
        "by_certificate",
      ),
    outcome: "refused",
    says: /does not offer channel binding/,
  },
  {
    name: "channel_binding=disable",
    address: (s) => uri(s, "?sslmode=require&channel_binding=disable"),
    outcome: "tls",
  },
];
