import type { FastifyRequest } from "fastify";
import type { Caller } from "../domain/governance.ts";
import type { Authenticated } from "../domain/principal.ts";

declare module "fastify" {
  interface FastifyRequest {
    correlationId: string;
  }
}

export function toCaller(request: FastifyRequest, { principal, credential }: Authenticated): Caller {
  const { headers } = request;
  const token = principal.method === "jwt" ? bearerToken(headers.authorization) : undefined;
  return {
    principal,
    correlationId: request.correlationId,
    clientAddress: addressOf(request),
    credential,
    ...(token === undefined ? {} : { subjectToken: () => token }),
    traceHeaders: {
      traceparent: single(headers["traceparent"]),
      tracestate: single(headers["tracestate"]),
      baggage: single(headers["baggage"]),
    },
  };
}

/** Of a request that was authenticated by a token: it has this one credential. */
function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.trim().split(/ +/)[1];
}

/** An IPv4 client of a socket that takes both is the same as one of a socket that takes IPv4. */
function addressOf({ ip }: FastifyRequest): string {
  // Node forgets the address of a connection that has closed.
  return ((ip as string | undefined) ?? "unknown").replace(/^::ffff:(?=\d+\.)/i, "");
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
