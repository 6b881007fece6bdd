import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerCertificate } from "./security.js";

/** A certificate and its key as PEM files, as the variables of the apps name them. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Makes keys and certificates with openssl, each in files of the directory. */
export function createCertificates(directory: string) {
  const pathOf = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

  return {
    /** A certificate authority; gives the path of its certificate. */
    authority(name: string): string {
      openssl("req", "-x509", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
      return pathOf(`${name}.pem`);
    },
    /** A certificate that the authority signs; `days` below 0 makes one that has expired. */
    signed(name: string, authority: string, names: string, days = 2): CertificateFiles {
      openssl("req", "-new", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      writeFileSync(pathOf(`${name}.ext`), `subjectAltName=${names}\n`);
      const by = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"];
      const validity = ["-days", String(days), "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", `${name}.csr`, ...by, ...validity, "-out", `${name}.pem`);
      return { cert: pathOf(`${name}.pem`), key: pathOf(`${name}.key`) };
    },
  };
}

export function readCertificate({ cert, key }: CertificateFiles): ServerCertificate {
  return { chain: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}
