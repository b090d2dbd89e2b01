import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import type { InspectionContext } from "../../response/inspect.ts";
import { scopeOf, type Conversation } from "../context/request-context.ts";

/** How the answers of this conversation are judged; `own`: the calls that were sent with it. */
export function inspectionOf(
  conversation: Conversation,
  own: readonly OpenCall[],
  unknownAnswers: "pass" | "drop",
): InspectionContext {
  const { parts, upstream, caller } = conversation;
  const scope = scopeOf(conversation);
  return {
    governor: parts.governor,
    limits: parts.limits,
    observer: parts.observer,
    server: upstream.name,
    caller,
    unknownAnswers,
    serverRequests: conversation.era === "stateless" ? "drop" : "pass",
    asked: (id) => parts.questions.asked(scope, id),
    unasked: (id) => parts.questions.closed(scope, id),
    progressed: (token) => parts.registry.progressed(scope, token),
    find(id: JsonRpcId) {
      const mine = own.find((call) => call.id === id);
      // Without a session other clients of the same caller may use the same ids.
      return mine ?? (scope.exclusive ? parts.registry.find(scope, id) : null);
    },
  };
}
