import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Attributes } from "@opentelemetry/api";
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from "@opentelemetry/semantic-conventions";
import { knownMethod } from "./catalog.ts";

/** What is known of a request when it comes, by OpenTelemetry's conventions. Its query may hold secrets, and is left out. */
export function requestAttributes(request: IncomingMessage): Attributes {
  const { method = "", url = "/", httpVersion, socket } = request;
  const known = knownMethod(method);
  return {
    [ATTR_HTTP_REQUEST_METHOD]: known,
    ...(known === method ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: method }),
    [ATTR_URL_PATH]: url.replace(/[?#].*$/s, ""),
    [ATTR_URL_SCHEME]: (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http",
    [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
    ...(socket.remoteAddress === undefined ? {} : { [ATTR_CLIENT_ADDRESS]: socket.remoteAddress }),
  };
}

/** What is known when its response has ended. `failure`: what its handler threw. */
export function responseAttributes(
  response: ServerResponse,
  route: string | null,
  failure: string | null,
): Attributes {
  const { statusCode, headersSent } = response;
  const errorType = errorTypeOf(response, failure);
  return {
    ...(headersSent ? { [ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode } : {}),
    ...(route === null ? {} : { [ATTR_HTTP_ROUTE]: route }),
    ...(errorType === null ? {} : { [ATTR_ERROR_TYPE]: errorType }),
  };
}

/** A server's fault, by the conventions: what it threw, or a status from 500 on. A client that leaves is none. */
export function errorTypeOf({ statusCode, headersSent }: ServerResponse, failure: string | null) {
  return failure ?? (headersSent && statusCode >= 500 ? String(statusCode) : null);
}

/** `GET /orders/:id`; without a route the method alone, since a path may be anything. */
export function spanName({ method = "" }: IncomingMessage, route: string | null): string {
  const known = knownMethod(method);
  const verb = known === method ? known : "HTTP";
  return route === null ? verb : `${verb} ${route}`;
}
