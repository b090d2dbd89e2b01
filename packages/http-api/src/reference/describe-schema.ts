import type { JsonSchema } from "../openapi/document-types.ts";

/** A JSON Schema in a few words: its type, and what it may be. */
export function describeSchema(schema: JsonSchema): string {
  const { type, enum: values, const: value, anyOf, items, $ref: reference, default: byDefault } = schema;
  const otherwise = byDefault === undefined ? "" : `, default \`${JSON.stringify(byDefault)}\``;
  if (typeof reference === "string") {
    return reference.split("/").at(-1) ?? "";
  }
  if (Array.isArray(values)) {
    return `${values.map((one) => `\`${String(one)}\``).join(", ")}${otherwise}`;
  }
  if (value !== undefined) {
    return `\`${JSON.stringify(value)}\``;
  }
  if (Array.isArray(anyOf)) {
    return `${anyOf.map((one) => describeSchema(one as JsonSchema)).join(" or ")}${otherwise}`;
  }
  const name = Array.isArray(type) ? type.join(" or ") : typeof type === "string" ? type : "any";
  const inner =
    name === "array" && typeof items === "object" ? ` of ${describeSchema(items as JsonSchema)}` : "";
  return `${name}${inner}${bounds(schema)}${otherwise}`;
}

function bounds({ minimum, maximum, minLength, maxLength, format }: JsonSchema): string {
  const range = (from: unknown, to: unknown, unit: string): string => {
    const shown = [
      from === undefined ? "" : `from ${JSON.stringify(from)}`,
      to === undefined ? "" : `to ${JSON.stringify(to)}`,
    ];
    const joined = shown.filter(Boolean).join(" ");
    return joined === "" ? "" : `, ${joined}${unit}`;
  };
  const written = typeof format === "string" ? `, ${format}` : "";
  // The smallest and largest whole numbers of doubles bound everything, and tell nothing.
  const top = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  return `${written}${range(minimum, top, "")}${range(minLength, maxLength, " characters")}`;
}
