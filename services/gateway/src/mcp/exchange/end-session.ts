import type { McpHttpResponse } from "../contract/http-message.ts";
import { PSEUDO_METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { drain } from "../response/collect.ts";
import { reportSessionEnd } from "./context/reports.ts";
import type { RequestContext } from "./context/request-context.ts";
import { briefTimeLimits } from "./context/time-limits.ts";
import { sessionExchange } from "./session-exchange.ts";

/** DELETE: the client is done with its session. */
export function endSession(context: RequestContext): Promise<McpHttpResponse> {
  return sessionExchange(context, PSEUDO_METHODS.endSession, {
    method: "DELETE",
    timeLimits: briefTimeLimits(context),
    async relay({ status, body }, permit) {
      drain(body);
      permit.finish({ outcome: "ok" });
      await reportSessionEnd(context, "deleted");
      if (context.session !== null) {
        context.parts.registry.abandon(context.scope, {
          outcome: "cancelled",
          message: "The session was ended.",
        });
      }
      return { status, headers: {}, body: null };
    },
  });
}
