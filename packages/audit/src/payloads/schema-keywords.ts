import { isRawNumber } from "../json/raw-number.ts";

/** A JSON Schema as it came from a tool's listing: anything may be in it. */
export type Schema = Readonly<Record<string, unknown>>;

/** Steps that may still be spent on one schema. Throws `SchemaTooLargeError` when there are none left. */
export interface SchemaBudget {
  spend(steps: number): void;
}

/** What a reference names that cannot be looked at. */
export const UNKNOWN: Schema = Object.freeze({ "x-sensitive": "unknown" });

/** The schema's own mark: `writeOnly`, `format: password` or `x-sensitive`. */
export function isMarked(schema: Schema): boolean {
  const mark = schema["x-sensitive"];
  const isSet = mark !== undefined && mark !== null && mark !== false;
  return schema["writeOnly"] === true || schema["format"] === "password" || isSet;
}

/** Whether the schema names another one, which may be out of reach. */
export function hasReference(schema: Schema): boolean {
  return REFERENCES.some((keyword) => typeof schema[keyword] === "string");
}

const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/** Calls `found` with each schema that bears on the same value: branches and what is referred to. */
export function eachBranch(
  schema: Schema,
  root: Schema,
  budget: SchemaBudget,
  found: (schema: unknown) => void,
): void {
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    eachOf(schema[keyword], budget, found);
  }
  for (const keyword of ["if", "then", "else"]) {
    found(schema[keyword]);
  }
  for (const keyword of ["dependentSchemas", "dependencies"]) {
    eachValue(schema[keyword], budget, found);
  }
  for (const keyword of REFERENCES) {
    const reference = schema[keyword];
    if (typeof reference === "string") {
      found(resolveLocal(reference, root, budget) ?? UNKNOWN);
    }
  }
}

/**
 * Patterns are not tried: they come from the tool's server and could be made to run for ever.
 *
 * @param name `null` for every property without a schema of its own
 */
export function eachPropertySchema(
  schema: Schema,
  name: string | null,
  budget: SchemaBudget,
  found: (schema: unknown) => void,
): void {
  const { properties } = schema;
  const named = name !== null && isSchema(properties) && Object.hasOwn(properties, name);
  found(named ? properties[name] : schema["additionalProperties"]);
  found(schema["unevaluatedProperties"]);
  eachValue(schema["patternProperties"], budget, found);
}

export function eachItemSchema(schema: Schema, index: number, found: (schema: unknown) => void): void {
  for (const keyword of ["prefixItems", "items"]) {
    const tuple = schema[keyword];
    if (Array.isArray(tuple)) {
      found(tuple[index]);
    }
  }
  for (const keyword of ["items", "additionalItems", "unevaluatedItems", "contains"]) {
    found(schema[keyword]);
  }
}

/** Places of a list that have a schema of their own. */
export function tupleLength(schema: Schema): number {
  const lengths = ["prefixItems", "items"].map((keyword) => {
    const tuple = schema[keyword];
    return Array.isArray(tuple) ? tuple.length : 0;
  });
  return Math.max(...lengths);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** `#/$defs/name` and the like; anchors and other documents are not looked for. */
function resolveLocal(reference: string, root: Schema, budget: SchemaBudget): unknown {
  if (reference === "#" || reference === "") {
    return root;
  }
  budget.spend(reference.length);
  if (!reference.startsWith("#/")) {
    return undefined;
  }
  let target: unknown = root;
  for (const part of unescapeFragment(reference.slice(2)).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    target =
      typeof target === "object" && target !== null && Object.hasOwn(target, key)
        ? (target as Schema)[key]
        : undefined;
  }
  return target;
}

function unescapeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function eachOf(list: unknown, budget: SchemaBudget, found: (schema: unknown) => void): void {
  if (!Array.isArray(list)) {
    return;
  }
  budget.spend(list.length);
  for (const schema of list) {
    found(schema);
  }
}

function eachValue(map: unknown, budget: SchemaBudget, found: (schema: unknown) => void): void {
  if (!isSchema(map)) {
    return;
  }
  for (const key in map) {
    budget.spend(1);
    if (Object.hasOwn(map, key)) {
      found(map[key]);
    }
  }
}
