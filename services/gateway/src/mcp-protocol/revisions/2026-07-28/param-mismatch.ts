import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { headerOf, type IncomingHeaders } from "../../http/headers.ts";
import { decodeHeaderValue } from "./header-value.ts";
import type { ParamPath } from "./param-declarations.ts";
import { asText, PARAM_HEADER_PREFIX } from "./param-headers.ts";

/** The names of the `Mcp-Param-*` headers of a request. */
export function paramHeaders(headers: IncomingHeaders): readonly string[] {
  return Object.keys(headers).filter(
    (name) => name.startsWith(PARAM_HEADER_PREFIX) && headers[name] !== undefined,
  );
}

/**
 * The first `Mcp-Param-*` header that does not repeat an argument: one that the tool's schema does not declare, whose
 * argument is absent or null, that is not encoded as it must be, or that says something else. A reader of the header
 * must not be told another story than policy and record were. `null` when all do.
 */
export function findParamMismatch(
  headers: IncomingHeaders,
  given: JsonObject | null,
  declared: ReadonlyMap<string, ParamPath>,
): string | null {
  for (const name of paramHeaders(headers)) {
    const path = declared.get(name);
    const value = path === undefined ? null : valueAt(given, path);
    const decoded = decodeHeaderValue(headerOf(headers, name) ?? "");
    if (value === null || decoded === null || !isSame(decoded, value)) {
      return name;
    }
  }
  return null;
}

function valueAt(given: JsonObject | null, path: ParamPath): Json {
  let value: Json = given;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) {
      return null;
    }
    value = value[key] ?? null;
  }
  return value;
}

/** Whole numbers are compared as such (`42.0` is 42), by their digits; everything else as text. */
function isSame(decoded: string, value: Json): boolean {
  const text = asText(value);
  if (text === null) {
    return false;
  }
  if (decoded === text) {
    return true;
  }
  if (typeof value === "string" || typeof value === "boolean") {
    return false;
  }
  const [one, other] = [WHOLE.exec(decoded)?.[1], WHOLE.exec(text)?.[1]];
  return one !== undefined && other !== undefined && BigInt(one) === BigInt(other);
}

/** Long enough for any number of a schema, short enough to be read at once. */
const WHOLE = /^(-?\d{1,40})(?:\.0{1,40})?$/;
