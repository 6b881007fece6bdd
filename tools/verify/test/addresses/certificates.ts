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
