import { invalidAddress } from "../errors.js";
import { readService } from "./service-file.js";

type Environment = Readonly<Record<string, string | undefined>>;

interface Keyword {
  /** The environment variable that libpq reads where the address lacks the keyword. */
  readonly variable?: string;
  /** The only values that are supported; none: the keyword is refused. Not given: any that it can have. */
  readonly only?: readonly string[];
  /** What to do instead of what is not supported. */
  readonly instead?: string;
}

const LEAVE_OUT_TCP = "leave it out: Node.js cannot set it, and connections that fall silent are given up anyway";
const OTHER_LOGIN = "use a password or a client certificate";

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
    keepalives_interval: { only: ["0"], instead: LEAVE_OUT_TCP },
    keepalives_count: { only: ["0"], instead: LEAVE_OUT_TCP },
    tcp_user_timeout: { only: ["0"], instead: LEAVE_OUT_TCP },
    sslmode: {
      variable: "PGSSLMODE",
      only: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    },
    sslnegotiation: { variable: "PGSSLNEGOTIATION", only: ["postgres", "direct"] },
    sslrootcert: { variable: "PGSSLROOTCERT" },
    sslcert: { variable: "PGSSLCERT" },
    sslkey: { variable: "PGSSLKEY" },
    sslpassword: {},
    sslcertmode: {
      variable: "PGSSLCERTMODE",
      only: ["disable", "allow"],
      instead: "let the server's pg_hba.conf demand the certificate",
    },
    sslcrl: { variable: "PGSSLCRL" },
    sslcrldir: { variable: "PGSSLCRLDIR", only: [], instead: "name one file of revocation lists by sslcrl" },
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
    sslkeylogfile: { only: [], instead: "start node with --tls-keylog=FILE" },
    min_protocol_version: { variable: "PGMINPROTOCOLVERSION", only: ["3.0"] },
    max_protocol_version: { variable: "PGMAXPROTOCOLVERSION", only: ["3.0", "3.2", "latest"] },
    service: { variable: "PGSERVICE" },
    servicefile: { only: [], instead: "name the file by the variable PGSERVICEFILE" },
    require_auth: { variable: "PGREQUIREAUTH" },
    requirepeer: {
      variable: "PGREQUIREPEER",
      only: [],
      instead: "leave it out, and give the socket a directory that only the server may write to",
    },
    gssencmode: { variable: "PGGSSENCMODE", only: ["disable", "prefer"], instead: "use TLS by sslmode" },
    gssdelegation: { variable: "PGGSSDELEGATION", only: ["0"] },
    krbsrvname: { variable: "PGKRBSRVNAME", only: [], instead: OTHER_LOGIN },
    gsslib: { variable: "PGGSSLIB", only: [], instead: OTHER_LOGIN },
    replication: { only: ["false", "off", "no", "0"] },
    scram_client_key: { only: [], instead: OTHER_LOGIN },
    scram_server_key: { only: [], instead: OTHER_LOGIN },
    oauth_issuer: { only: [], instead: OTHER_LOGIN },
    oauth_client_id: { only: [], instead: OTHER_LOGIN },
    oauth_client_secret: { only: [], instead: OTHER_LOGIN },
    oauth_scope: { only: [], instead: OTHER_LOGIN },
    // node-postgres' wish for what libpq does, which is done here anyway; and Prisma's for no prepared statements.
    uselibpqcompat: { only: ["true"] },
    pgbouncer: { only: ["true", "false"] },
    // Our own: no variable of the environment and no file of the user's completes the address.
    complete: { only: ["true"] },
  } satisfies Record<string, Keyword>),
);

/** A keyword's value, and who says it: a variable, a service, or nobody but the address itself. */
interface Said {
  readonly value: string;
  readonly by?: string;
}

/**
 * The value of each keyword: from the address, else from its service, else from the environment, unless the address says that it is
 * complete. Empty values count as not given. `serviceFile` is the user's own. Throws SinkError `invalid-address` for a keyword or a value
 * that is not supported, and names it.
 */
export function resolveKeywords(
  given: ReadonlyMap<string, string>,
  env: Environment,
  serviceFile: string,
): ReadonlyMap<string, string> {
  const surroundings = given.has("complete") ? {} : env;
  const service = given.get("service") ?? surroundings.PGSERVICE ?? "";
  const ofService = service === "" ? new Map<string, string>() : readService(service, serviceFile, env);
  const said = new Map<string, Said>();
  for (const [keyword, value] of given) said.set(keyword, { value });
  for (const [keyword, value] of ofService) {
    if (!said.has(keyword)) said.set(keyword, { value, by: `the service ${JSON.stringify(service)}` });
  }
  for (const [keyword, { by }] of said) {
    if (KEYWORDS.has(keyword)) continue;
    const place = by === undefined ? "" : ` (by ${by})`;
    throw invalidAddress(`has the unknown parameter ${JSON.stringify(keyword)}${place}`);
  }
  const values = new Map<string, string>();
  for (const [keyword, known] of KEYWORDS) {
    const { value = "", by } = said.get(keyword) ?? fromEnvironment(keyword, known, surroundings) ?? {};
    if (value === "") continue;
    if (known.only !== undefined && !known.only.includes(value)) throw unsupported(keyword, known, by);
    values.set(keyword, value);
  }
  return values;
}

function fromEnvironment(keyword: string, { variable }: Keyword, env: Environment): Said | undefined {
  const value = (variable === undefined ? undefined : env[variable]) ?? oldVariable(keyword, env);
  return value === undefined || variable === undefined ? undefined : { value, by: variable };
}

/** libpq still reads the name that PGSSLMODE=require had. */
function oldVariable(keyword: string, { PGREQUIRESSL: required = "" }: Environment): string | undefined {
  return keyword === "sslmode" && required.startsWith("1") ? "require" : undefined;
}

function unsupported(keyword: string, { only = [], instead }: Keyword, by: string | undefined): Error {
  const name = by === undefined ? keyword : `${keyword} (by ${by})`;
  const advice = instead === undefined ? "" : `; ${instead}`;
  if (only.length === 0) return invalidAddress(`sets ${name}, which is not supported${advice}`);
  return invalidAddress(`sets ${name} to a value that is not supported (supported: ${only.join(", ")})${advice}`);
}
