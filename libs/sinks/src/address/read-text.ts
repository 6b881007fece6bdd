import { invalidAddress } from "../errors.js";

const uriScheme = /^postgres(?:ql)?:\/\//;

/**
 * Splits an address into libpq's keywords and their values: a URI (`postgresql://…`), or pairs (`host=… dbname='…'`).
 * Throws SinkError `invalid-address`, which shows no value: any of them may hold a part of a password.
 */
export function readAddressText(text: string): Map<string, string> {
  const trimmed = text.trim();
  if (uriScheme.test(trimmed)) return readUri(trimmed.replace(uriScheme, ""));
  const other = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed);
  if (other !== null) throw invalidAddress(`begins with ${other[0]}`);
  if (!trimmed.includes("=")) throw invalidAddress("is neither a URI nor a list of keyword=value");
  return readPairs(trimmed);
}

function readUri(text: string): Map<string, string> {
  const keywords = new Map<string, string>();
  const store = (keyword: string, value: string): void => {
    if (value !== "") keywords.set(keyword, value);
  };
  const credentials = /^([^:@/]*)(?::([^@/]*))?@/.exec(text);
  store("user", decode(credentials?.[1] ?? "", "user"));
  store("password", decode(credentials?.[2] ?? "", "password"));
  const place = text.slice(credentials?.[0].length ?? 0);
  const [, hostList = "", database = "", query = ""] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(place) ?? [];
  const hosts = hostList.split(",").map(readHost);
  store("host", hosts.map(({ host }) => host).join(","));
  store("port", hosts.map(({ port }) => port).join(","));
  store("dbname", decode(database, "database"));
  for (const pair of query.replace(/&$/, "").split("&")) {
    if (query === "") break;
    const [key = "", value, ...more] = pair.split("=");
    if (value === undefined || more.length > 0) throw invalidAddress("has a parameter that is not keyword=value");
    const keyword = decode(key, "parameter");
    // JDBC's spelling, which libpq takes too.
    if (keyword === "ssl" && value === "true") keywords.set("sslmode", "require");
    else keywords.set(keyword, decode(value, keyword));
  }
  return keywords;
}

function readHost(text: string): { readonly host: string; readonly port: string } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  if (parts === null) throw invalidAddress("names a host that is not host, host:port or [IPv6]:port");
  return { host: decode(parts[1] ?? parts[2] ?? "", "host"), port: decode(parts[3] ?? "", "port") };
}

function decode(text: string, place: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // Told below, without the text.
  }
  throw invalidAddress(`has a malformed percent-encoding in its ${place}`);
}

const pair = /\s*([^=\s]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)\s*/sy;

function readPairs(text: string): Map<string, string> {
  const keywords = new Map<string, string>();
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    if (match === null) {
      pair.lastIndex = 0;
      throw invalidAddress(`is not a list of keyword=value, or has an open quote, from character ${at + 1} on`);
    }
    const [, keyword = "", quoted, bare = ""] = match;
    keywords.set(keyword, (quoted ?? bare).replace(/\\(.)/gs, "$1"));
  }
  return keywords;
}
