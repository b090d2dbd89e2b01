import type { JsonObject } from "../../domain/json.ts";

/** What the caller told policy in addition to the parameters, for the record: the decision may rest on it. */
export function contextParams(context: JsonObject): JsonObject | null {
  return Object.keys(context).length === 0 ? null : { context };
}
