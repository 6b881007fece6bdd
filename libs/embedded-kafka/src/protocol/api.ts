import * as is from "./codec.js";
import type { Codec, Fields, Struct } from "./codec.js";

/** A request of the protocol with its answer, in the one version that kafkajs 2.2.4 takes. None is a flexible version. */
export interface Api<Request, Response> {
  readonly key: number;
  readonly version: number;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

/** throttle_time_ms, of nearly all answers. This broker never throttles: it writes 0, whatever the value. */
const throttle: Codec<unknown> = { read: is.int32.read, write: (to) => is.int32.write(to, 0) };

export function api<Q extends Fields, A extends Fields>(
  [key, version]: readonly [key: number, version: number],
  request: Q,
  response: A,
  throttleAt: "front" | "end" = "front",
): Api<Struct<Q>, Struct<A>> {
  const fields = throttleAt === "front" ? { throttle, ...response } : { ...response, throttle };
  return { key, version, request: is.struct(request), response: is.struct(fields) };
}
