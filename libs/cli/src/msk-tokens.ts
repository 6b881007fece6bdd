import { AddressError } from "./errors.js";

/** Optional, and not installed with this workspace: it brings the AWS SDK. */
const SIGNER = "aws-msk-iam-sasl-signer-js";
const MARGIN_MS = 30_000;

interface Signer {
  generateAuthToken(options: { region: string }): Promise<{ token: string; expiryTime: number }>;
}

/**
 * Tokens for the IAM authentication of Amazon MSK, by the credentials that the AWS SDK finds.
 *
 * @throws AddressError `bad-connection` without a region, or without the package
 */
export async function createMskTokens(
  env: Readonly<Record<string, string | undefined>>,
): Promise<() => Promise<{ value: string }>> {
  const region = env["AWS_REGION"]?.trim() || env["AWS_DEFAULT_REGION"]?.trim() || undefined;
  if (region === undefined)
    throw new AddressError("bad-connection", "KAFKA_SASL_MECHANISM=AWS_MSK_IAM needs AWS_REGION.");
  const signer = await loadSigner();
  let known: { readonly value: string; readonly expiresMs: number } | undefined;
  return async () => {
    if (known === undefined || known.expiresMs - MARGIN_MS <= Date.now()) {
      const { token, expiryTime } = await signer.generateAuthToken({ region });
      known = { value: token, expiresMs: expiryTime };
    }
    return { value: known.value };
  };
}

async function loadSigner(): Promise<Signer> {
  try {
    return (await import(SIGNER)) as Signer;
  } catch (cause) {
    throw new AddressError(
      "bad-connection",
      `KAFKA_SASL_MECHANISM=AWS_MSK_IAM needs the package ${SIGNER}: install it with \`npm install --no-save ${SIGNER}\`.`,
      { cause },
    );
  }
}
