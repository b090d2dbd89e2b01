import type { JsonSchema } from "./list-settings.ts";

/** What a setting may be, in words. */
export function typeOf(schema: JsonSchema): string {
  const { type, title, format, properties, items, additionalProperties } = schema;
  const choices = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const options = schema.anyOf ?? schema.oneOf;
  if (title !== undefined) {
    return title;
  }
  if (choices !== undefined) {
    return inWords(choices.map((choice) => `\`${String(choice)}\``));
  }
  if (options !== undefined) {
    return inWords([...new Set(options.map(typeOf))]);
  }
  switch (type) {
    case "boolean":
      return "`true` or `false`";
    case "integer":
    case "number":
      return numberOf(schema);
    case "string":
      return format === "uri" ? "URL" : "text";
    case "array":
      return items === undefined || isEntry(items) ? "list" : `list of ${typeOf(items)}`;
    default:
      if (properties !== undefined) {
        return "section";
      }
      return typeof additionalProperties === "object" && !isEntry(additionalProperties)
        ? `map to ${typeOf(additionalProperties)}`
        : "map";
  }
}

/** Entries that are settings of their own, with rows of their own. */
function isEntry({ properties, anyOf, oneOf }: JsonSchema): boolean {
  return properties !== undefined || anyOf !== undefined || oneOf !== undefined;
}

function numberOf({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const name = type === "integer" ? "whole number" : "number";
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const from = least === Number.MIN_SAFE_INTEGER ? undefined : least;
  if (from !== undefined && most !== undefined) {
    return `${name}, ${from} to ${most}`;
  }
  return from === undefined ? name : `${name}, at least ${from}`;
}

function inWords(choices: readonly string[]): string {
  const last = choices.at(-1) ?? "";
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`;
}
