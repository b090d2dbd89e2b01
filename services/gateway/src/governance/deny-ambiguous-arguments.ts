import { within } from "@sark/observability/waiting";
import type { Decision } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { JsonObject } from "@sark/json";
import { differsFromSchema } from "./schema-members.ts";

/** A server that takes longer to list its tools does not hold up decisions about them; it is asked all the same. */
const WAIT_MS = 5_000;

/**
 * Denies a permitted tool call whose arguments have a key that is a property of the tool's schema only to a server that
 * is not exact, or a value of another type than the schema says: policies have not seen what the server makes of it. A server that does not list
 * its tools leaves the decision as it is.
 */
export function denyAmbiguousArguments(
  decision: Decision,
  { server, tool, arguments: given }: AuditSubject,
  currentSchema: (server: string, tool: string) => JsonObject | undefined | Promise<JsonObject | undefined>,
): Decision | Promise<Decision> {
  if (server === null || tool === null || given === null || Object.keys(given).length === 0) {
    return decision;
  }
  const denyBy = (schema: JsonObject | undefined): Decision =>
    schema === undefined || !differsFromSchema(given, schema) ? decision : denied(decision, tool);
  const schema = currentSchema(server, tool);
  return schema instanceof Promise
    ? within(WAIT_MS, schema, undefined)
        .catch(() => undefined)
        .then(denyBy)
    : denyBy(schema);
}

function denied(decision: Decision, tool: string): Decision {
  return {
    ...decision,
    allow: false,
    code: "ambiguous_arguments",
    reason: `The arguments have a key or a value that some servers take for another one; write the keys, and the types of the values, as the schema of ${tool} does.`,
    filteredParameters: null,
    cacheTtlSeconds: 0,
  };
}
