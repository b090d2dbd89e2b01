import type { CallResult } from "../../../domain/governance.ts";
import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import type { SessionNews } from "../../../domain/sessions.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import type { McpLimits } from "../../contract/limits.ts";
import { outcomeOf } from "../../response/outcome.ts";
import { readServerMessages } from "../../response/read-messages.ts";
import type { RequestContext } from "../context/request-context.ts";
import { sessionScope } from "../context/session-scope.ts";

/** The response to a call of a session, which another replica has on record: it is to know how the call ended. */
export function announceEnd(
  { parts, session, upstream }: RequestContext,
  id: JsonRpcId,
  { outcome, errorCode, message, result }: CallResult,
  written: string,
): void {
  if (session === null) {
    return;
  }
  parts.sessions.announce?.({
    what: "ended",
    server: upstream.name,
    fingerprint: session.fingerprint,
    id,
    ended: {
      outcome,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(message === undefined ? {} : { message }),
    },
    // What is not recorded is of no use there.
    response: result === undefined ? null : written,
  });
}

/** What another replica has announced. */
export function hearEnd(
  { registry, limits }: { readonly registry: CallRegistry; readonly limits: McpLimits },
  { server, fingerprint, id, ended, response }: SessionNews & { readonly what: "ended" },
): void {
  const result = response === null ? ended : (readEnd(response, limits) ?? ended);
  registry.endedElsewhere(sessionScope(server, fingerprint), id, result);
}

/** `null` where this replica has tighter limits than the one that has passed it on. */
function readEnd(response: string, limits: McpLimits): CallResult | null {
  try {
    const { messages, text, depth } = readServerMessages(response, limits.maxResponseValues);
    const [item] = messages;
    return item?.type === "response" ? outcomeOf(item.message, text, depth, limits) : null;
  } catch {
    return null;
  }
}
