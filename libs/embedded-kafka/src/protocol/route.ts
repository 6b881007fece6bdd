import { MalformedRequestError } from "../errors.js";
import type { Api } from "./api.js";
import { int16, int32, nullableString, type Codec } from "./codec.js";
import { apiVersions, apiVersionsResponse0 } from "./data-apis.js";
import { errorCode } from "./error-code.js";
import { Reader } from "./reader.js";

/** Who sent a request. */
export interface Client {
  readonly id: string;
  readonly host: string;
}

/** An API with what answers it: null where the protocol wants no answer (Produce with acks=0). */
export interface Route {
  readonly key: number;
  readonly version: number;
  answer(body: Reader, client: Client, correlationId: number): Promise<readonly Buffer[] | null>;
}

export type Routes = ReadonlyMap<number, Route>;

export function route<Request, Response>(
  { key, version, request, response }: Api<Request, Response>,
  handle: (request: Request, client: Client) => Response | null | Promise<Response | null>,
): Route {
  async function answer(body: Reader, client: Client, correlationId: number): Promise<readonly Buffer[] | null> {
    const decoded = request.read(body);
    if (body.remaining > 0) throw new MalformedRequestError(`${body.remaining} bytes too many for API ${key}`);
    const answered = await handle(decoded, client);
    return answered === null ? null : encode(response, answered, correlationId);
  }
  return { key, version, answer };
}

/** Answers one frame. Throws MalformedRequestError on what this broker does not speak. */
export async function answerFrame(frame: Buffer, routes: Routes, host: string): Promise<readonly Buffer[] | null> {
  const reader = new Reader(frame);
  const key = int16.read(reader);
  const version = int16.read(reader);
  const correlationId = int32.read(reader);
  const id = nullableString.read(reader) ?? "";
  if (key === apiVersions.key) return encodeVersions(version, routes, correlationId);
  const target = routes.get(key);
  if (target?.version === version) return target.answer(reader, { id, host }, correlationId);
  throw new MalformedRequestError(
    `version ${version} of API ${key} is not served, only ${target?.version ?? "others"}`,
  );
}

/** Advertises exactly what there is. A version that is too new is answered in the oldest, as clients expect. */
function encodeVersions(version: number, routes: Routes, correlationId: number): readonly Buffer[] {
  const apis = [...routes.values()].map((each) => ({ key: each.key, min: each.version, max: each.version }));
  apis.push({ key: apiVersions.key, min: 0, max: apiVersions.version });
  const isServed = version >= 0 && version <= apiVersions.version;
  const response = { error: isServed ? errorCode.none : errorCode.unsupportedVersion, apis };
  return encode(isServed && version > 0 ? apiVersions.response : apiVersionsResponse0, response, correlationId);
}

/** Frames below are joined into one piece. */
const joinBelowBytes = 16 * 1024;

function encode<T>(codec: Codec<T>, response: T, correlationId: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  int32.write(pieces, correlationId);
  codec.write(pieces, response);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  int32.write(pieces, size);
  pieces.unshift(...pieces.splice(-1));
  return size < joinBelowBytes ? [Buffer.concat(pieces)] : pieces;
}
