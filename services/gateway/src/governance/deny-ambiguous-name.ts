import { whenReady, type Awaitable } from "../domain/awaitable.ts";
import type { Decision } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";

/**
 * Denies a permitted tool call whose name is not one that the server lists or the configuration names, but would be taken
 * for one of these by a server that ignores case, normalises, or drops what cannot be seen: policies name tools as they
 * are listed, and have not seen this one.
 */
export function denyAmbiguousName(
  decision: Decision,
  { server, tool }: Pick<AuditSubject, "server" | "tool">,
  isLookAlike: (server: string, tool: string) => Awaitable<boolean>,
): Awaitable<Decision> {
  const alike = server !== null && tool !== null && isLookAlike(server, tool);
  return whenReady(alike, (known) => unlessAlike(decision, known));
}

function unlessAlike(decision: Decision, alike: boolean): Decision {
  return alike
    ? {
        ...decision,
        allow: false,
        code: "ambiguous_name",
        reason: "To some servers the name is that of another tool; write it as the server lists it.",
        filteredParameters: null,
        cacheTtlSeconds: 0,
      }
    : decision;
}
