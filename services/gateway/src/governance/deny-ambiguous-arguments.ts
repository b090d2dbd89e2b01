import { isDeepStrictEqual } from "node:util";
import { within } from "@sark/observability/waiting";
import { whenReady, type Awaitable } from "../domain/awaitable.ts";
import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { JsonObject } from "@sark/json";
import { differsFromSchema } from "./schema-members.ts";
import { textsAsJson } from "./texts-as-json.ts";

/** A server that takes longer to list its tools does not hold up decisions about them; it is asked all the same. */
const WAIT_MS = 5_000;

/**
 * Denies a permitted tool call whose arguments have a key that is a property of the tool's schema only to a server that
 * is not exact, or a value of another type than the schema says: policies have not seen what the server makes of it. Where
 * a text could be the list or the object that is written in it, policies are asked about that reading, too. A server that
 * does not list its tools leaves the decision as it is.
 *
 * @param query what policies were asked
 * @param decideOn asks them something else
 */
export function denyAmbiguousArguments(
  decision: Decision,
  query: AuthorizationQuery,
  { server, tool, arguments: given }: AuditSubject,
  currentSchema: (server: string, tool: string) => Awaitable<JsonObject | undefined>,
  decideOn: (query: AuthorizationQuery) => Awaitable<Decision>,
): Awaitable<Decision> {
  if (server === null || tool === null || given === null || Object.keys(given).length === 0) {
    return decision;
  }
  const denyBy = (schema: JsonObject | undefined): Awaitable<Decision> => {
    if (schema === undefined) {
      return decision;
    }
    if (differsFromSchema(given, schema)) {
      return denied(decision, tool);
    }
    const reading = textsAsJson(given, schema);
    if (reading === null) {
      return decision;
    }
    if (reading === "unknown" || differsFromSchema(reading, schema)) {
      return denied(decision, tool);
    }
    return whenReady(decideOn({ ...query, context: { ...query.context, parameters: reading } }), (other) =>
      other.allow && isFilteredAlike(decision, other, given, reading) ? decision : denied(decision, tool),
    );
  };
  const schema = currentSchema(server, tool);
  return schema instanceof Promise
    ? within(WAIT_MS, schema, undefined)
        .catch(() => undefined)
        .then(denyBy)
    : denyBy(schema);
}

/** Policies that change arguments leave those alone that are read in two ways, or what is sent would not be what they want. */
function isFilteredAlike(
  { filteredParameters: sent }: Decision,
  { filteredParameters: wanted }: Decision,
  given: JsonObject,
  reading: JsonObject,
): boolean {
  return (
    wanted === null ||
    (sent !== null &&
      Object.entries(reading).every(
        ([key, value]) => value === given[key] || isDeepStrictEqual(wanted[key], value),
      ))
  );
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
