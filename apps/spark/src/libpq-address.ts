/** The address as libpq reads it, and the variables of its process. */
export interface LibpqAddress {
  readonly url: string;
  /** Undefined: has to be unset. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** libpq does not know `complete`, by which an address says that no `PG*` variable changes it. */
export function addressForLibpq(databaseUrl: string, env: Readonly<Record<string, string | undefined>>): LibpqAddress {
  if (!/[?&]complete=true(?=&|$)/.test(databaseUrl)) return { url: databaseUrl, variables: {} };
  const url = new URL(databaseUrl);
  url.searchParams.delete("complete");
  const names = Object.keys(env).filter((name) => name.startsWith("PG"));
  return { url: url.href, variables: Object.fromEntries(names.map((name) => [name, undefined])) };
}
