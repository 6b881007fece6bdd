import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outcome } from "./programs.js";
import { oddPassword, type TlsServers } from "./tls-servers.js";

/** One way to write an address, and what comes of it. */
export interface Form {
  readonly name: string;
  /** Undefined where this machine lacks the server. */
  readonly address: (s: TlsServers) => string | undefined;
  readonly outcome: Outcome;
  /** Where psql does something else, and why. */
  readonly psql?: Outcome | "not asked";
  readonly env?: (s: TlsServers) => Record<string, string>;
  readonly files?: (s: TlsServers) => Promise<void>;
  /** Part of what a refusal says. */
  readonly says?: RegExp;
}

export const uri = (s: TlsServers, rest = "", user = "anyhow:secret", host = "localhost") =>
  `postgresql://${user}@${host}:${s.port}/tidemark${rest}`;
export const file = (s: TlsServers, name: string) => join(s.files, name);
export const plain = (s: TlsServers, rest: string) =>
  `postgresql://anyhow:secret@127.0.0.1:${s.plainPort}/tidemark${rest}`;
export const expired = (s: TlsServers, rest: string) =>
  `postgresql://anyhow:secret@localhost:${s.expiredPort}/tidemark${rest}`;
export const ca = (s: TlsServers) => `sslrootcert=${file(s, "ca.crt")}`;
export const other = (s: TlsServers) => `sslrootcert=${file(s, "other.crt")}`;
export const pair = (s: TlsServers, rest: string) =>
  `host=localhost port=${s.port} user=anyhow password=secret dbname=tidemark ${rest}`;
export const encodedOdd = encodeURIComponent(oddPassword);
export const quotedOdd = `'${oddPassword.replace(/[\\']/g, String.raw`\$&`)}'`;

/** The home directory of forms that need files there. */
export const homeOf = (s: TlsServers) => file(s, "home");

export async function passwordFile(s: TlsServers, name: string, mode: number): Promise<void> {
  const escaped = oddPassword.replace(/[\\:]/g, String.raw`\$&`);
  await writeFile(
    join(homeOf(s), name),
    `# host:port:database:user:password\nlocalhost:1:*:odd:wrong\n*:${s.port}:tidemark:odd:${escaped}\n`,
  );
  await chmod(join(homeOf(s), name), mode);
}

export async function usualFile(s: TlsServers, name: string): Promise<void> {
  await mkdir(join(homeOf(s), ".postgresql"), { recursive: true });
  await copyFile(file(s, name), join(homeOf(s), ".postgresql", "root.crt"));
}
