import { isJsonObject, isRawNumber, type Json, type JsonObject } from "@sark/json";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";

export const PARAM_HEADER_PREFIX = "mcp-param-";

/**
 * `Mcp-Param-*` headers repeat arguments, so they must follow when a policy replaces arguments: what it took out
 * must not travel on in a header. Which argument a header repeats only the tool's schema knows; the gateway takes
 * those with the header's value. Where they do not agree on what became of it, the header is dropped, and the
 * upstream server refuses the call rather than see the old value. Changes `headers`.
 */
export function followArguments(
  headers: Record<string, string>,
  original: JsonObject | null,
  filtered: JsonObject,
): void {
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(PARAM_HEADER_PREFIX)) {
      continue;
    }
    const value = decodeHeaderValue(headers[name] ?? "");
    const candidates = new Set(
      original === null || value === null ? [] : replacements(original, filtered, value),
    );
    const [replacement, another] = candidates;
    if (typeof replacement === "string" && another === undefined) {
      headers[name] = encodeHeaderValue(replacement);
    } else {
      delete headers[name];
    }
  }
}

/** What became of every argument that was written as `value`; `null` where it was removed. */
function replacements(before: Json, after: Json | undefined, value: string): readonly (string | null)[] {
  if (isJsonObject(before)) {
    const now = isJsonObject(after) ? after : {};
    return Object.keys(before).flatMap((key) =>
      replacements(before[key] ?? null, Object.hasOwn(now, key) ? now[key] : undefined, value),
    );
  }
  if (asText(before) !== value) {
    return [];
  }
  return [after === undefined ? null : asText(after)];
}

/** Only these may be repeated in headers: text, whole numbers, truth values. */
export function asText(value: Json): string | null {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (isRawNumber(value)) {
    return value.rawJSON;
  }
  return null;
}
