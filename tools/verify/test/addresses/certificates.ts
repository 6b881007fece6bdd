import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether this machine has the program that makes certificates. */
export const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes `<name>.crt` and `<name>.key` of an authority in the directory. */
export async function createAuthority(directory: string, name: string): Promise<void> {
  const files = ["-keyout", join(directory, `${name}.key`), "-out", join(directory, `${name}.crt`)];
  await run("openssl", ["req", "-x509", ...newKey, ...files, "-subj", `/CN=${name}`, "-days", "2"]);
}

export interface CertificateOptions {
  readonly authority: string;
  /** The common name, and the only DNS name. */
  readonly subject: string;
  /** Less than 0: it has expired. */
  readonly days?: number;
}

/** Makes `<name>.crt` and `<name>.key`, signed by an authority in the same directory. */
export async function createCertificate(
  directory: string,
  name: string,
  { authority, subject, days = 2 }: CertificateOptions,
): Promise<void> {
  const at = (file: string) => join(directory, file);
  await run("openssl", [
    "req",
    "-new",
    ...newKey,
    "-keyout",
    at(`${name}.key`),
    "-out",
    at(`${name}.csr`),
    "-subj",
    `/CN=${subject}`,
  ]);
  await writeFile(at(`${name}.ext`), `subjectAltName=DNS:${subject}\n`);
  const signer = ["-CA", at(`${authority}.crt`), "-CAkey", at(`${authority}.key`), "-CAcreateserial"];
  const request = ["-in", at(`${name}.csr`), "-extfile", at(`${name}.ext`), "-days", String(days)];
  await run("openssl", ["x509", "-req", ...request, ...signer, "-out", at(`${name}.crt`)]);
  await chmod(at(`${name}.key`), 0o600);
}

/** Makes `<to>.key` of `<name>.key`, encrypted by a passphrase. */
export async function encryptKey(directory: string, name: string, to: string, passphrase: string): Promise<void> {
  const files = ["-in", join(directory, `${name}.key`), "-out", join(directory, `${to}.key`)];
  await run("openssl", ["pkcs8", "-topk8", ...files, "-passout", `pass:${passphrase}`]);
  await chmod(join(directory, `${to}.key`), 0o600);
}

/** Makes `<name>.crl`, the authority's list that revokes `<name>.crt` and nothing else. */
export async function revokeCertificate(directory: string, name: string, authority: string): Promise<void> {
  const at = (file: string) => join(directory, file);
  await writeFile(at(`${name}.revoked`), "");
  const settings = `database = ${at(`${name}.revoked`)}\ndefault_md = sha256\ndefault_crl_days = 2\n`;
  await writeFile(at(`${name}.cnf`), `[ca]\ndefault_ca = list\n[list]\n${settings}`);
  const signer = ["-config", at(`${name}.cnf`), "-cert", at(`${authority}.crt`), "-keyfile", at(`${authority}.key`)];
  await run("openssl", ["ca", ...signer, "-revoke", at(`${name}.crt`)]);
  await run("openssl", ["ca", ...signer, "-gencrl", "-out", at(`${name}.crl`)]);
}
