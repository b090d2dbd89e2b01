import { isJsonObject, type JsonObject } from "@sark/json";

/** Subschemas that are looked at; a server chooses its schemas. */
const MAX_SUBSCHEMAS = 10_000;
/** RFC 9110, section 5.1. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Where in the arguments the value of a header stands: the names that lead to it. */
export type ParamPath = readonly string[];

/**
 * Which argument each `Mcp-Param-*` header repeats, by the header's name in lower case: what a tool's schema declares
 * by `x-mcp-header`, along chains of `properties` as the specification demands. A header that is declared twice repeats
 * nothing for certain, and is left out.
 */
export function paramDeclarations(schema: JsonObject): ReadonlyMap<string, ParamPath> {
  const found = new Map<string, ParamPath | null>();
  const open: { readonly schema: JsonObject; readonly path: ParamPath }[] = [{ schema, path: [] }];
  let left = MAX_SUBSCHEMAS;
  for (let next = open.pop(); next !== undefined && left > 0; next = open.pop()) {
    left -= 1;
    const name = next.schema["x-mcp-header"];
    if (typeof name === "string" && TOKEN.test(name) && next.path.length > 0) {
      const header = `mcp-param-${name.toLowerCase()}`;
      found.set(header, found.has(header) ? null : next.path);
    }
    const { properties } = next.schema;
    if (properties === undefined || !isJsonObject(properties)) {
      continue;
    }
    for (const key in properties) {
      const inner = properties[key];
      if (inner !== undefined && isJsonObject(inner) && open.length < left) {
        open.push({ schema: inner, path: [...next.path, key] });
      }
    }
  }
  return new Map([...found].filter((entry): entry is [string, ParamPath] => entry[1] !== null));
}
