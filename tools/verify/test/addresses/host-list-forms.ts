import { ca, pair, uri, type Form } from "./form.js";

const moved = (s: Parameters<Form["address"]>[0], rest: string, ports = `${s.expiredPort},${s.port}`) =>
  `host=localhost,localhost port=${ports} user=moved password=secret dbname=tidemark ${rest}`;

export const hostLists: readonly Form[] = [
  { name: "the first of two servers", address: (s) => moved(s, ""), outcome: "plain" },
  {
    name: "keyword=value, the one of two servers that writes",
    address: (s) => moved(s, "target_session_attrs=read-write"),
    outcome: "tls",
  },
  {
    name: "keyword=value, the one of two servers that only reads",
    address: (s) => moved(s, "target_session_attrs=read-only", `${s.port},${s.expiredPort}`),
    outcome: "plain",
  },
  {
    name: "a URI, the one of two servers that writes",
    address: (s) =>
      `postgresql://moved:secret@localhost:${s.expiredPort},localhost:${s.port}/tidemark?target_session_attrs=read-write`,
    outcome: "tls",
  },
  {
    name: "keyword=value, no standby among two servers",
    address: (s) => moved(s, "target_session_attrs=standby"),
    outcome: "refused",
    says: /No server of the address.*standby/,
  },
  {
    name: "PGHOST, PGPORT and PGTARGETSESSIONATTRS",
    address: () => "dbname=tidemark user=moved password=secret",
    env: (s) => ({
      PGHOST: "localhost,localhost",
      PGPORT: `${s.expiredPort},${s.port}`,
      PGTARGETSESSIONATTRS: "read-write",
    }),
    outcome: "tls",
  },
  {
    name: "one port for several hosts, the first of which is unknown",
    address: (s) => pair(s, "host=unknown.invalid,localhost"),
    outcome: "tls",
  },
  {
    name: "an empty port among several, which is 5432",
    address: (s) => pair(s, `host=localhost,localhost port=${s.port},`),
    outcome: "tls",
  },
  {
    name: "hostaddr alone",
    address: (s) => `hostaddr=127.0.0.1 port=${s.port} user=anyhow password=secret dbname=tidemark`,
    outcome: "tls",
  },
  {
    name: "hosts with their hostaddrs, the first of them down",
    address: (s) => pair(s, `host=localhost,localhost hostaddr=127.0.0.1,127.0.0.1 port=${s.closedPort},${s.port}`),
    outcome: "tls",
  },
  {
    name: "PGHOSTADDR for a name that cannot be resolved",
    address: (s) => uri(s, "", undefined, "unknown.invalid"),
    env: () => ({ PGHOSTADDR: "127.0.0.1" }),
    outcome: "tls",
  },
  {
    name: "PGHOSTADDR with another name than the certificate's",
    address: (s) => uri(s, `?sslmode=verify-full&${ca(s)}`, undefined, "unknown.invalid"),
    env: () => ({ PGHOSTADDR: "127.0.0.1" }),
    outcome: "refused",
    says: /ALTNAME/,
  },
  {
    name: "a hostaddr that is a name",
    address: (s) => pair(s, "hostaddr=localhost"),
    outcome: "refused",
    says: /hostaddr that is no IP address/,
  },
  {
    name: "more hosts than hostaddrs",
    address: (s) => pair(s, "host=a,b hostaddr=127.0.0.1"),
    outcome: "refused",
    says: /as many hosts/,
  },
  {
    name: "PGLOADBALANCEHOSTS",
    address: (s) => pair(s, `host=localhost,localhost port=${s.closedPort},${s.port}`),
    env: () => ({ PGLOADBALANCEHOSTS: "random" }),
    outcome: "tls",
  },
  {
    name: "load_balance_hosts that there is not",
    address: (s) => uri(s, "?load_balance_hosts=least"),
    outcome: "refused",
    says: /sets load_balance_hosts to a value/,
  },
  {
    name: "percent-encoded host, port and parameter names",
    address: (s) =>
      `postgresql://anyhow:%73ecret@%6cocalhost:%3${String(s.port)[0]}${String(s.port).slice(1)}/tidemark?%73slmode=re%71uire`,
    outcome: "tls",
  },
  {
    name: "a plus sign, which is none but itself",
    address: (s) => uri(s, "?application_name=a+b&options=-c+work_mem=8MB"),
    outcome: "refused",
  },
];
