import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { completeAddress, describeAddress, parseAddress } from "../../src/address/index.js";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tidemark-address-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const parse = (text: string, env: Record<string, string> = {}) => parseAddress(text, { HOME: home, ...env });
const servers = (text: string, env?: Record<string, string>) =>
  parse(text, env).endpoints.map(({ host, port }) => [host, port]);

describe("a URI and keyword=value", () => {
  it.each([
    "postgresql://me:p%40ss@db.example:6432/shop?application_name=a%20b",
    "host=db.example port=6432 user=me password=p@ss dbname=shop application_name='a b'",
    String.raw`  host = 'db.example' port=6432 user=me password=p\@ss dbname=shop application_name=a\ b `,
    "postgres:///?host=db.example&port=6432&user=me&password=p%40ss&dbname=shop&application_name=a%20b\n",
  ])("say the same: %s", (text) => {
    expect(parse(text)).toMatchObject({
      endpoints: [{ host: "db.example", hostaddr: undefined, port: 6432, socketPath: undefined, password: "p@ss" }],
      user: "me",
      database: "shop",
      applicationName: "a b",
    });
  });

  it("keep a plus sign, a quote and a backslash as they are written", () => {
    expect(parse("postgresql://u:a+b@h").endpoints[0]?.password).toBe("a+b");
    expect(parse(String.raw`host=h user=u password='it\'s \\'`).endpoints[0]?.password).toBe(
      String.raw`it's \ `.trim(),
    );
  });

  it("name several servers, with a port for all or one for each", () => {
    expect(servers("postgresql://u@a,b:7,[::1]:8/d")).toEqual([
      ["a", 5432],
      ["b", 7],
      ["::1", 8],
    ]);
    expect(servers("host=a,b port=7 user=u")).toEqual([
      ["a", 7],
      ["b", 7],
    ]);
    expect(servers("host=a,b port=,8 user=u", { PGPORT: "9" })).toEqual([
      ["a", 5432],
      ["b", 8],
    ]);
    expect(servers("postgresql://u@a/d", { PGPORT: "9" })).toEqual([["a", 9]]);
    expect(describeAddress(parse("postgresql://u:secret@a,[::1]:8/d"))).toBe("a:5432,[::1]:8/d");
  });

  it("name a socket by its directory", () => {
    expect(parse("postgresql://u@%2Fvar%2Frun:7/d").endpoints[0]).toMatchObject({ socketPath: "/var/run/.s.PGSQL.7" });
  });
});

it("an address that says that it is complete takes nothing from the environment or from files", async () => {
  await writeFile(join(home, ".pgpass"), "*:*:*:*:mine\n", { mode: 0o600 });
  const env = {
    PGHOSTADDR: "192.0.2.1",
    PGSSLMODE: "require",
    PGSERVICE: "other",
    PGOPTIONS: "-c a=b",
    PGAPPNAME: "x",
  };
  const given = parse(completeAddress("postgresql://u:p@h:7/d"), env);
  expect(given).toEqual(parse("postgresql://u:p@h:7/d?sslmode=disable"));
});

it("the database's name is the user's where none is given", () => {
  expect(parse("postgresql://me@h")).toMatchObject({ user: "me", database: "me" });
});

it("a time to connect is at least 2 s, and 0 is none", () => {
  const timeout = (seconds: number) => parse(`postgresql://u@h?connect_timeout=${seconds}`).connectTimeoutMs;
  expect([1, 5, 0, -1].map(timeout)).toEqual([2000, 5000, 0, 0]);
  expect(parse("postgresql://u@h").connectTimeoutMs).toBeUndefined();
});

it.each([
  ["", "neither a URI nor a list"],
  ["postgresql://u@[::1/d", "a host that is not"],
  ["postgresql://u@h:70000/d", "a port that is no number"],
  ["postgresql://u@h/d?sslmode", "not keyword=value"],
  ["postgresql://u@h/d?a=b=c", "not keyword=value"],
  ["host=h user='open", "an open quote"],
  ["host=a,b hostaddr=127.0.0.1 user=u", "as many hosts as hostaddrs"],
  ["hostaddr=localhost user=u", "no IP address"],
  ["hostaddr=127.0.0.1 user=u sslrootcert=system", "takes a host as well"],
  ["host=@abstract user=u", "abstract socket"],
  ["postgresql://u@h?connect_timeout=soon", "connect_timeout, which takes a number of seconds"],
  ["postgresql://u@h?gssencmode=require", "gssencmode to a value that is not supported (supported: disable, prefer)"],
  ["postgresql://u@h?sslmode=require&sslrootcert=system", "sslmode=require with sslrootcert=system"],
  [
    "postgresql://u@h?tcp_user_timeout=5",
    "tcp_user_timeout to a value that is not supported (supported: 0); leave it out",
  ],
  [
    "postgresql://u@h?sslcrldir=d",
    "sets sslcrldir, which is not supported; name one file of revocation lists by sslcrl",
  ],
  ["postgresql://u@h?require_auth=scram", "sets require_auth, which takes a list, without spaces, of none, password"],
  ["service=mine", 'names the service "mine", which is neither in'],
])("%j is refused: %s", (text, reason) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: "invalid-address", message: expect.stringContaining(reason) }),
  );
});

describe("the password file", () => {
  const write = async (text: string) => {
    await writeFile(join(home, ".pgpass"), text);
    await chmod(join(home, ".pgpass"), 0o600);
  };
  const password = (text: string) => parse(text).endpoints.map((endpoint) => endpoint.password);

  it("gives each server its own, from the first line that fits", async () => {
    await write("#a:*:*:*:comment\na:5432:d:u:first\r\n*:7:*:u:seventh\n*:*:*:u:any\n");
    expect(password("postgresql://u@a,b:7,c/d")).toEqual(["first", "seventh", "any"]);
    expect(password("postgresql://other@a/d")).toEqual([undefined]);
    expect(password("postgresql://u:given@a/d")).toEqual(["given"]);
  });

  it("escapes colons and backslashes, and may say an IPv6 address so", async () => {
    await write(String.raw`\:\:1:*:d\:x:u:p\:\\w`);
    expect(password("postgresql://u@[::1]/d%3Ax")).toEqual([String.raw`p:\w`]);
  });

  it("calls a socket in the usual directory localhost, and another by its directory", async () => {
    await write("localhost:*:*:*:usual\n/other:*:*:*:own\n");
    expect(password("host=/var/run/postgresql user=u")).toEqual(["usual"]);
    expect(password("host=/other user=u")).toEqual(["own"]);
  });
});
