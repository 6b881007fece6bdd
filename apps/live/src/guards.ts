import type { MiddlewareHandler } from "hono";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** Every answer forbids what the page does not need. */
export const secureHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
};

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

/**
 * On loopback, only requests for a loopback name: a page elsewhere whose name was made to lead here (DNS rebinding) would read what
 * is shown otherwise. On other addresses nobody can know all names.
 */
export function checkHost(listeningOn: string): MiddlewareHandler {
  return async (context, next) => {
    const name = (context.req.header("host") ?? "").replace(/:\d+$/, "");
    if (!isLoopback(listeningOn) || isLoopback(name)) return next();
    return context.text(
      "This address is served under loopback names only: set LIVE_HOST to be seen by another.\n",
      421,
    );
  };
}
