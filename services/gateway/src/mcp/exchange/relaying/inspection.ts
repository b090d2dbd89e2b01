import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import type { InspectionContext } from "../../response/inspect.ts";
import type { RequestContext } from "../context/request-context.ts";

import { announceEnd } from "./announce-end.ts";

/** How the responses to this request are inspected; `own`: the calls that were sent with it. */
export function inspectionOf(
  context: RequestContext,
  own: readonly OpenCall[],
  unknownResponses: "pass" | "drop",
): InspectionContext {
  const { parts, upstream, caller } = context;
  const scope = context.scope;
  return {
    governor: parts.governor,
    limits: parts.limits,
    observer: parts.observer,
    auditReferences: parts.auditReferences,
    server: upstream.name,
    caller,
    unknownResponses,
    serverRequests: context.era === "stateless" ? "drop" : "pass",
    requested: (id) => parts.serverRequests.opened(scope, id),
    endedElsewhere: (id, result, written) => announceEnd(context, id, result, written),
    withdrawn: (id) => parts.serverRequests.closed(scope, id),
    progressed: (token) => parts.registry.progressed(scope, token),
    find(id: JsonRpcId) {
      const mine = own.find((call) => call.id === id);
      // Without a session other clients of the same caller may use the same ids.
      return mine ?? (scope.exclusive ? parts.registry.find(scope, id) : null);
    },
  };
}
