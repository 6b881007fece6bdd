import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import { invalidAddress } from "../errors.js";

export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** How a connection is encrypted, and what is checked of the server's certificate. */
export interface TlsSettings {
  readonly mode: SslMode;
  /** `direct` begins with the TLS handshake; `postgres` asks first whether the server takes it. */
  readonly negotiation: "postgres" | "direct";
  /** Whether the server is told the host's name in the handshake. */
  readonly sni: boolean;
  /** `chain`: an authority that is trusted signed it. `host`: and it was made out for the host. */
  readonly verify: "nothing" | "chain" | "host";
  /** Authorities, client certificate, revocation list and protocol versions; for `tls.connect`. */
  readonly secureContext: SecureContext;
}

/**
 * libpq's TLS settings from its keywords; files are read now. `directory` holds the default files (`~/.postgresql`).
 * Throws SinkError `invalid-address` for a file that is missing or no use.
 */
export function readTlsSettings(values: ReadonlyMap<string, string>, directory: string): TlsSettings | undefined {
  const isSystem = values.get("sslrootcert") === "system";
  const mode = (values.get("sslmode") ?? (isSystem ? "verify-full" : "prefer")) as SslMode;
  const negotiation = values.get("sslnegotiation") === "direct" ? "direct" : "postgres";
  const isWeak = mode === "disable" || mode === "allow" || mode === "prefer";
  if (isSystem && mode !== "verify-full") {
    throw invalidAddress(`combines sslmode=${mode} with sslrootcert=system, which takes verify-full`);
  }
  if (negotiation === "direct" && isWeak) {
    throw invalidAddress(`combines sslmode=${mode} with sslnegotiation=direct, which takes require or stricter`);
  }
  if (mode === "disable") return undefined;
  const ca = isSystem ? undefined : readAuthorities(values, mode, directory);
  const crl = readOptional(values.get("sslcrl"), join(directory, "root.crl"), "sslcrl");
  const isVerified = isSystem || ca !== undefined;
  try {
    return {
      mode,
      negotiation,
      sni: values.get("sslsni") !== "0",
      verify: mode === "verify-full" ? "host" : isVerified ? "chain" : "nothing",
      secureContext: createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(crl !== undefined && isVerified && { crl }),
        ...readClientCertificate(values, directory),
        minVersion: (values.get("ssl_min_protocol_version") ?? "TLSv1.2") as SecureVersion,
        ...(values.has("ssl_max_protocol_version") && {
          maxVersion: values.get("ssl_max_protocol_version") as SecureVersion,
        }),
      }),
    };
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "invalid-address") throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidAddress(
      `has TLS files or versions that cannot be used (sslcert, sslkey, sslpassword, sslcrl: ${reason})`,
      cause,
    );
  }
}

function readAuthorities(values: ReadonlyMap<string, string>, mode: SslMode, directory: string): string | undefined {
  const usual = join(directory, "root.crt");
  const path = values.get("sslrootcert") ?? usual;
  const ca = readOptional(values.get("sslrootcert"), usual, "sslrootcert");
  if (ca === undefined && (mode === "verify-ca" || mode === "verify-full")) {
    throw invalidAddress(
      `sets sslmode=${mode}, and the authorities' file ${path} does not exist; name one by sslrootcert, or give sslrootcert=system`,
    );
  }
  try {
    if (ca !== undefined) void new X509Certificate(ca);
  } catch (cause) {
    throw invalidAddress(`names by sslrootcert the file ${path}, which holds no certificate in PEM`, cause);
  }
  return ca;
}

function readClientCertificate(values: ReadonlyMap<string, string>, directory: string) {
  if (values.get("sslcertmode") === "disable") return {};
  const cert = readOptional(values.get("sslcert"), join(directory, "postgresql.crt"), "sslcert");
  if (cert === undefined) return {};
  const path = values.get("sslkey") ?? join(directory, "postgresql.key");
  const key = readOptional(path, path, "sslkey");
  const { mode, uid } = statSync(path);
  // libpq's rule: 0600, or 0640 where the superuser owns the file.
  if (process.platform !== "win32" && (mode & (uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw invalidAddress(`names by sslkey the file ${path}, which others may read; its permissions should be 0600`);
  }
  const passphrase = values.get("sslpassword");
  return { cert, key: key ?? "", ...(passphrase !== undefined && { passphrase }) };
}

/** A file that is named has to be there; the usual one may be missing. */
function readOptional(named: string | undefined, usual: string, keyword: string): string | undefined {
  const path = named ?? usual;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (named === undefined && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw invalidAddress(`names by ${keyword} the file ${path}, which cannot be read (${code})`, cause);
  }
}
