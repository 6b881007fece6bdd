import { invalidAddress } from "../errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

interface Keyword {
  /** The environment variable that libpq reads where the address lacks the keyword. */
  readonly variable?: string;
  /** The only values that are supported; none: the keyword is refused. Not given: any that it can have. */
  readonly only?: readonly string[];
}

/** The keywords of libpq 18, two that other libraries put into addresses, and one of our own. */
const KEYWORDS = new Map<string, Keyword>(
  Object.entries({
    host: { variable: "PGHOST" },
    hostaddr: { variable: "PGHOSTADDR" },
    port: { variable: "PGPORT" },
    dbname: { variable: "PGDATABASE" },
    user: { variable: "PGUSER" },
    password: { variable: "PGPASSWORD" },
    passfile: { variable: "PGPASSFILE" },
    connect_timeout: { variable: "PGCONNECT_TIMEOUT" },
    application_name: { variable: "PGAPPNAME" },
    fallback_application_name: {},
    options: { variable: "PGOPTIONS" },
    client_encoding: { variable: "PGCLIENTENCODING", only: ["UTF8", "utf8", "UTF-8", "utf-8", "auto"] },
    target_session_attrs: {
      variable: "PGTARGETSESSIONATTRS",
      only: ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    },
    load_balance_hosts: { variable: "PGLOADBALANCEHOSTS", only: ["disable", "random"] },
    channel_binding: { variable: "PGCHANNELBINDING", only: ["disable", "prefer", "require"] },
    keepalives: { only: ["0", "1"] },
    keepalives_idle: {},
    // Node.js cannot set these three; 0 means the system's own value.
    keepalives_interval: { only: ["0"] },
    keepalives_count: { only: ["0"] },
    tcp_user_timeout: { only: ["0"] },
    sslmode: {
      variable: "PGSSLMODE",
      only: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    },
    sslnegotiation: { variable: "PGSSLNEGOTIATION", only: ["postgres", "direct"] },
    sslrootcert: { variable: "PGSSLROOTCERT" },
    sslcert: { variable: "PGSSLCERT" },
    sslkey: { variable: "PGSSLKEY" },
    sslpassword: {},
    sslcertmode: { variable: "PGSSLCERTMODE", only: ["disable", "allow"] },
    sslcrl: { variable: "PGSSLCRL" },
    sslcrldir: { variable: "PGSSLCRLDIR", only: [] },
    sslsni: { variable: "PGSSLSNI", only: ["0", "1"] },
    sslcompression: { variable: "PGSSLCOMPRESSION", only: ["0"] },
    ssl_min_protocol_version: {
      variable: "PGSSLMINPROTOCOLVERSION",
      only: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
    },
    ssl_max_protocol_version: {
      variable: "PGSSLMAXPROTOCOLVERSION",
      only: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
    },
    sslkeylogfile: { only: [] },
    min_protocol_version: { variable: "PGMINPROTOCOLVERSION", only: ["3.0"] },
    max_protocol_version: { variable: "PGMAXPROTOCOLVERSION", only: ["3.0", "3.2", "latest"] },
    service: { variable: "PGSERVICE", only: [] },
    servicefile: { only: [] },
    require_auth: { variable: "PGREQUIREAUTH", only: [] },
    requirepeer: { variable: "PGREQUIREPEER", only: [] },
    gssencmode: { variable: "PGGSSENCMODE", only: ["disable", "prefer"] },
    gssdelegation: { variable: "PGGSSDELEGATION", only: ["0"] },
    krbsrvname: { variable: "PGKRBSRVNAME", only: [] },
    gsslib: { variable: "PGGSSLIB", only: [] },
    replication: { only: ["false", "off", "no", "0"] },
    scram_client_key: { only: [] },
    scram_server_key: { only: [] },
    oauth_issuer: { only: [] },
    oauth_client_id: { only: [] },
    oauth_client_secret: { only: [] },
    oauth_scope: { only: [] },
    // node-postgres' wish for what libpq does, which is done here anyway; and Prisma's for no prepared statements.
    uselibpqcompat: { only: ["true"] },
    pgbouncer: { only: ["true", "false"] },
    // Our own: no variable of the environment and no file of the user's completes the address.
    complete: { only: ["true"] },
  } satisfies Record<string, Keyword>),
);

/**
 * The value of each keyword: from the address, else from the environment, unless the address says that it is complete. Empty values count as not given.
 * Throws SinkError `invalid-address` for a keyword or a value that is not supported, and names it.
 */
export function resolveKeywords(given: ReadonlyMap<string, string>, env: Environment): ReadonlyMap<string, string> {
  for (const keyword of given.keys()) {
    if (!KEYWORDS.has(keyword)) throw invalidAddress(`has the unknown parameter ${JSON.stringify(keyword)}`);
  }
  const values = new Map<string, string>();
  const isComplete = given.has("complete");
  for (const [keyword, { variable, only }] of KEYWORDS) {
    const fallback = variable === undefined || isComplete ? undefined : (env[variable] ?? oldVariable(keyword, env));
    const value = given.get(keyword) ?? fallback;
    if (value === undefined || value === "") continue;
    if (only !== undefined && !only.includes(value)) throw unsupported(keyword, only, given.has(keyword), variable);
    values.set(keyword, value);
  }
  return values;
}

/** libpq still reads the name that PGSSLMODE=require had. */
function oldVariable(keyword: string, { PGREQUIRESSL: required = "" }: Environment): string | undefined {
  return keyword === "sslmode" && required.startsWith("1") ? "require" : undefined;
}

function unsupported(keyword: string, only: readonly string[], isGiven: boolean, variable = ""): Error {
  const name = isGiven ? keyword : `${keyword} (by ${variable})`;
  if (only.length === 0) return invalidAddress(`sets ${name}, which is not supported`);
  return invalidAddress(`sets ${name} to a value that is not supported (supported: ${only.join(", ")})`);
}
