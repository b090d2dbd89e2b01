import type { JsonObject } from "@sark/json";

/** What the caller told policy in addition to the parameters, for the record: the decision may rest on it. */
export function contextParams(context: JsonObject): JsonObject | null {
  return Object.keys(context).length === 0 ? null : { context };
}
