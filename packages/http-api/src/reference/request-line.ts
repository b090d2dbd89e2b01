import type { OpenApiParameter } from "../openapi/document-types.ts";

/** The path of an example, with the parameters that it has. */
export function requestLine(path: string, parameters: readonly OpenApiParameter[]): string {
  const inPath = parameters
    .filter((one) => one.in === "path")
    .reduce((filled, { name, example = "" }) => filled.replace(`{${name}}`, String(example)), path);
  const query = parameters
    .filter((one) => one.in === "query" && one.example !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`);
  return query.length === 0 ? inPath : `${inPath}?${query.join("&")}`;
}
