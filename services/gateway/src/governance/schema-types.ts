import { isJsonObject, isRawNumber, type Json } from "@sark/json";

/** What JSON values can be. */
type TypeName = "string" | "number" | "boolean" | "array" | "object" | "null";

/** Types that a schema lets a value be; `null` where it does not say. */
export type Types = ReadonlySet<TypeName> | null;

/** References and alternatives are followed no further than any schema needs. */
const MAX_DEPTH = 16;
const DECLARED: Readonly<Record<string, TypeName>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  array: "array",
  object: "object",
  null: "null",
};

/**
 * Whether a value is of another type than its schema says. Servers convert such values: pydantic makes 13 of `"13"`,
 * `"1_3"` and `"13.0"`, 1 of `true`, and an object of the text of one. Of `null` none makes a value.
 */
export function isOfOtherType(value: Json, types: Types): boolean {
  return value !== null && types !== null && !types.has(typeName(value));
}

/** Of all schemas that may apply to a value, which need not hold at once. One that says nothing takes nothing back. */
export function typesOfAny(schemas: readonly Json[], resolve: (reference: string) => Json): Types {
  return union(schemas.map((schema) => typesOf(schema, resolve, 0)).filter((types) => types !== null));
}

function typesOf(schema: Json, resolve: (reference: string) => Json, depth: number): Types {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) {
    return null;
  }
  const { type, $ref: reference, anyOf, oneOf, allOf, enum: values } = schema;
  if (type !== undefined) {
    return declared(type);
  }
  if (typeof reference === "string") {
    return typesOf(resolve(reference), resolve, depth + 1);
  }
  const branches = anyOf ?? oneOf;
  if (Array.isArray(branches)) {
    return union(branches.map((branch) => typesOf(branch, resolve, depth + 1)));
  }
  if (Array.isArray(allOf)) {
    const said = allOf.map((branch) => typesOf(branch, resolve, depth + 1));
    return said.find((types) => types !== null) ?? null;
  }
  if (Object.hasOwn(schema, "const")) {
    return namesOf([schema["const"] ?? null]);
  }
  return Array.isArray(values) ? namesOf(values) : null;
}

function declared(type: Json): Types {
  const names = Array.isArray(type) ? type : [type];
  const types = names.map((name) => (typeof name === "string" ? DECLARED[name] : undefined));
  // A word of its own, as "any" or "date": nothing is known.
  if (types.includes(undefined)) {
    return null;
  }
  return new Set(types.filter((name) => name !== undefined));
}

function namesOf(values: readonly Json[]): Types {
  return new Set(values.map(typeName));
}

function union(all: readonly Types[]): Types {
  const names = new Set<TypeName>();
  for (const types of all) {
    if (types === null) {
      return null;
    }
    for (const name of types) {
      names.add(name);
    }
  }
  return all.length === 0 ? null : names;
}

function typeName(value: Json): TypeName {
  if (value === null) {
    return "null";
  }
  if (isRawNumber(value)) {
    return "number";
  }
  if (Array.isArray(value)) {
    return "array";
  }
  return typeof value as Exclude<TypeName, "array" | "null">;
}
