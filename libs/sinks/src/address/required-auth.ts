import { invalidAddress } from "../errors.js";

/** The ways to authenticate that libpq knows by name. The last three of them no server can ask of this client with success. */
const METHODS = ["password", "md5", "scram-sha-256", "gss", "sspi", "oauth"] as const;
export type AuthMethod = (typeof METHODS)[number];

/** The ways to authenticate that the client allows. */
export interface RequiredAuth {
  /** As the address gives it. */
  readonly text: string;
  readonly methods: ReadonlySet<AuthMethod>;
  /** Whether the server has to ask for one of them, and may not let the client in without. */
  readonly mustAsk: boolean;
}

/**
 * Reads libpq's `require_auth`: a list of methods, separated by commas, that are allowed, or each with an exclamation mark, that are
 * not. `none` stands for a server that asks for nothing. Throws SinkError `invalid-address`.
 */
export function readRequiredAuth(text: string): RequiredAuth {
  const items = text.split(",");
  const isNegated = items[0]?.startsWith("!") === true;
  const named = new Set<string>();
  for (const item of items) {
    if (item.startsWith("!") !== isNegated) {
      throw invalidAddress("sets require_auth, which takes either methods or methods with an exclamation mark");
    }
    const name = isNegated ? item.slice(1) : item;
    if (name !== "none" && !METHODS.some((method) => method === name)) {
      const known = ["none", ...METHODS].join(", ");
      throw invalidAddress(`sets require_auth, which takes a list, without spaces, of ${known}`);
    }
    if (named.has(name)) throw invalidAddress(`sets require_auth, which names ${name} more than once`);
    named.add(name);
  }
  return {
    text,
    methods: new Set(METHODS.filter((method) => named.has(method) !== isNegated)),
    mustAsk: named.has("none") === isNegated,
  };
}
