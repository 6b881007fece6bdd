import { chown, copyFile, chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@tidemark/embedded-postgres";
import { query } from "../servers.js";
import { createAuthority, createCertificate, encryptKey, revokeCertificate } from "./certificates.js";

/** A password with each character that means something in an address. */
export const oddPassword = String.raw`p@ss:w/rd%?#&='\ +é`;

/** Roles that may do everything, by how the server takes them. */
const roles = `
  CREATE ROLE anyhow SUPERUSER LOGIN PASSWORD 'secret';
  CREATE ROLE only_tls SUPERUSER LOGIN PASSWORD 'secret';
  CREATE ROLE only_plain SUPERUSER LOGIN PASSWORD 'secret';
  CREATE ROLE by_certificate SUPERUSER LOGIN;
  CREATE ROLE cleartext SUPERUSER LOGIN PASSWORD 'secret';
  CREATE ROLE two_ways SUPERUSER LOGIN PASSWORD 'secret';
  SET password_encryption = md5;
  CREATE ROLE hashed SUPERUSER LOGIN PASSWORD 'secret';
  RESET password_encryption;
  CREATE ROLE moved SUPERUSER LOGIN PASSWORD 'secret';
  CREATE ROLE odd SUPERUSER LOGIN PASSWORD '${oddPassword.replaceAll("'", "''")}'`;

const hostRules = `
hostnossl all only_tls       127.0.0.1/32 reject
hostssl   all only_plain     127.0.0.1/32 reject
hostssl   all by_certificate 127.0.0.1/32 cert
hostnossl all two_ways       127.0.0.1/32 password
host      all hashed         127.0.0.1/32 md5
host      all cleartext      127.0.0.1/32 password
host      all all            127.0.0.1/32 scram-sha-256
`;

/** On the server with the expired certificate: the role only reads, and gets no TLS. */
const moved = {
  rule: "hostssl all moved 127.0.0.1/32 reject\n",
  role: "ALTER ROLE moved SET default_transaction_read_only = on",
};

export interface TlsServers {
  /**
   * Holds `ca.crt`, `other.crt` (of an authority that signed nothing), the client's certificate with `client.key` and
   * `locked.key` (encrypted by "open sesame"), and `server.crl` and `client.crl`, which revoke one certificate each.
   */
  readonly files: string;
  /** Listens on 127.0.0.1; its certificate names `localhost`. */
  readonly port: number;
  /** The same server, on ::1; undefined where this machine has no IPv6. */
  readonly ipv6Port: number | undefined;
  /** Holds a Unix-domain socket of the same server, named after `port`. */
  readonly socketDirectory: string;
  /** The same server, through a proxy that takes no TLS. */
  readonly plainPort: number;
  /** A server whose certificate has expired. */
  readonly expiredPort: number;
  /** Nobody listens there. */
  readonly closedPort: number;
  close(): Promise<void>;
}

/** Two real servers with TLS, certificates of an authority of their own, and ways to them. */
export async function startTlsServers(): Promise<TlsServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-tls-"));
  await chmod(directory, 0o755);
  const files = join(directory, "files");
  await mkdir(files);
  await createAuthority(files, "ca");
  await createAuthority(files, "other");
  await createCertificate(files, "server", { authority: "ca", subject: "localhost" });
  await createCertificate(files, "expired", { authority: "ca", subject: "localhost", days: -1 });
  await createCertificate(files, "client", { authority: "ca", subject: "by_certificate" });
  await encryptKey(files, "client", "locked", "open sesame");
  await revokeCertificate(files, "server", "ca");
  await revokeCertificate(files, "client", "ca");
  const server = await startWith(join(directory, "a"), files, "server", { rules: hostRules, sql: roles });
  const expired = await startWith(join(directory, "b"), files, "expired", {
    rules: moved.rule + hostRules,
    sql: `${roles}; ${moved.role}`,
  });
  const { port } = server;
  const socketPath = join(directory, `.s.PGSQL.${port}`);
  const ways = [await forward(port, { path: socketPath }), await forward(port, { host: "127.0.0.1", port: 0 }, true)];
  const ipv6 = await forward(port, { host: "::1", port: 0 }).catch(() => undefined);
  const closed = await forward(port, { host: "127.0.0.1", port: 0 });
  const closedPort = portOf(closed);
  closed.close();
  return {
    files,
    port,
    ipv6Port: ipv6 && portOf(ipv6),
    socketDirectory: directory,
    plainPort: portOf(ways[1]),
    expiredPort: expired.port,
    closedPort,
    async close() {
      for (const way of [...ways, ipv6]) way?.close();
      await server.close();
      await expired.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startWith(
  dataDir: string,
  files: string,
  certificate: string,
  { rules, sql }: { readonly rules: string; readonly sql: string },
) {
  const settings = {
    fsync: "off",
    ssl: "on",
    ssl_cert_file: "server.crt",
    ssl_key_file: "server.key",
    ssl_ca_file: "ca.crt",
    hba_file: "hosts.conf",
  };
  // The cluster is made first: the files of these settings lie in it.
  const first = await startPostgres({ dataDir, settings: { fsync: "off" } });
  await query(first.databaseUrl, sql);
  await first.close();
  const owner = await stat(first.dataDir);
  const place = async (to: string, from?: string) => {
    const path = join(first.dataDir, to);
    if (from === undefined) await writeFile(path, rules);
    else await copyFile(join(files, from), path);
    await chmod(path, 0o600);
    await chown(path, owner.uid, owner.gid);
  };
  await place("server.crt", `${certificate}.crt`);
  await place("server.key", `${certificate}.key`);
  await place("ca.crt", "ca.crt");
  await place("hosts.conf");
  return startPostgres({ dataDir, settings });
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | undefined)?.port ?? 0;
}

const refusal = "N";
const sslRequestBytes = 8;

/** Connections to `place` go to the port of 127.0.0.1. `withoutTls` answers a request for TLS with no. */
async function forward(
  port: number,
  place: { readonly path: string } | { readonly host: string; readonly port: number },
  withoutTls = false,
): Promise<Server> {
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    const pass = (first?: Buffer) => {
      const target: Socket = connect(port, "127.0.0.1");
      target.on("error", () => client.destroy());
      if (first !== undefined) target.write(first);
      client.pipe(target).pipe(client);
    };
    if (!withoutTls) {
      pass();
      return;
    }
    client.once("data", (first) => {
      if (first.length !== sslRequestBytes) {
        client.pause();
        pass(first);
      } else {
        client.pause();
        client.write(refusal);
        pass();
      }
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(place, resolve));
  server.unref();
  return server;
}
