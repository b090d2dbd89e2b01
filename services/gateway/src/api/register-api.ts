import { registerEndpoints } from "@sark/http-api";
import type { FastifyInstance } from "fastify";
import { rolesOf } from "../domain/roles.ts";
import type { Caller } from "../domain/governance.ts";
import { type Authenticated, readJsonBody, clientSignal, sendResponse } from "@sark/http-service";
import type { Denials } from "./access/denials.ts";
import { describeGateway } from "./describe-gateway.ts";
import { endpointsFor, type Audience } from "./audience.ts";
import type { Apis } from "./table.ts";

/** Serves what the table has for this audience; `authenticated` lets no request through without a caller. */
export function registerApi(
  server: FastifyInstance,
  apis: Omit<Apis, "openApi">,
  authenticated: Authenticated<Caller>,
  audience: Audience,
  denials: Pick<Denials, "byRole" | "thrown">,
): void {
  let document: string | undefined;
  // Made when it is first asked for: most gateways never are.
  const openApi = () => (document ??= JSON.stringify(describeGateway()));
  registerEndpoints(
    server,
    endpointsFor(audience),
    { ...apis, openApi: { openApi } },
    {
      authenticated,
      callerOf: ({ caller }) => caller,
      rolesOf: ({ principal }) => rolesOf(principal),
      denied: denials.byRole,
      failed: denials.thrown,
      readBody: ({ headers, body }, { required }) =>
        required || hasBytes(body) ? readJsonBody(headers, body) : undefined,
      sendStream: sendResponse,
      clientLeft: clientSignal,
    },
  );
}

function hasBytes(body: unknown): boolean {
  return body instanceof Buffer && body.length > 0;
}
