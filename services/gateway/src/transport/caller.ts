import type { FastifyRequest } from "fastify";
import type { Caller } from "../domain/governance.ts";
import type { Authenticated } from "../domain/principal.ts";
import type { TimeSpan } from "../domain/time-span.ts";

export function toCaller(
  { headers, correlationId }: FastifyRequest,
  clientAddress: string,
  { principal, credential }: Authenticated,
  authentication: TimeSpan,
): Caller {
  const token = principal.method === "jwt" ? bearerToken(headers.authorization) : undefined;
  return {
    principal,
    correlationId,
    clientAddress,
    credential,
    authentication,
    traceHeaders: {
      traceparent: single(headers["traceparent"]),
      tracestate: single(headers["tracestate"]),
      baggage: single(headers["baggage"]),
    },
    ...(token === undefined ? {} : { subjectToken: () => token }),
  };
}

/** Of a request that was authenticated by a token: it has this one credential. */
function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.trim().split(/ +/)[1];
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
