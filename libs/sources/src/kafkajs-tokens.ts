import { createRequire } from "node:module";

interface SaslMessage {
  readonly request: unknown;
  /** Reads the answer; without it kafkajs looks at nothing but its error code. */
  readonly response?: { decode(answer: Buffer): Buffer; parse(message: Buffer): void };
}

interface AuthenticationArguments {
  saslAuthenticate(message: SaslMessage): Promise<unknown>;
}

type AuthenticationProvider = (given: AuthenticationArguments) => { authenticate(): Promise<void> };

interface Sasl {
  readonly oauthBearerProvider?: unknown;
  authenticationProvider?: AuthenticationProvider;
}

/** What is used of kafkajs's authenticator, one for each connection. */
interface SaslAuthenticator {
  readonly connection: { readonly sasl: Sasl };
  authenticate(): Promise<void>;
}

const require = createRequire(import.meta.url);
const AUTHENTICATOR = "kafkajs/src/broker/saslAuthenticator";
const LENGTH_BYTES = 4;

let isDone = false;

/**
 * Lets kafkajs notice that a broker refuses an OAUTHBEARER token. The broker answers with a message and without an error code (RFC
 * 7628, section 3.2.2); kafkajs takes that for success, and then asks for ever on connections that the broker closes. Applies to the
 * whole process.
 */
export function patchKafkajsTokens(): void {
  if (isDone) return;
  isDone = true;
  const { prototype } = require(AUTHENTICATOR) as { readonly prototype: SaslAuthenticator };
  const createProvider = require(`${AUTHENTICATOR}/oauthBearer`) as (sasl: Sasl) => AuthenticationProvider;
  const authenticate = prototype.authenticate;
  prototype.authenticate = function authenticateByToken(this: SaslAuthenticator) {
    const { sasl } = this.connection;
    if (sasl.oauthBearerProvider !== undefined) sasl.authenticationProvider ??= checkAnswers(createProvider(sasl));
    return authenticate.call(this);
  };
}

function checkAnswers(provider: AuthenticationProvider): AuthenticationProvider {
  return (given) =>
    provider({
      ...given,
      saslAuthenticate: ({ request }) => given.saslAuthenticate({ request, response: { decode: messageOf, parse } }),
    });
}

const messageOf = (answer: Buffer): Buffer => answer.subarray(LENGTH_BYTES);

/** kafkajs makes its authentication error of this. */
function parse(message: Buffer): void {
  if (message.length > 0) throw new Error("the broker does not accept the token");
}
