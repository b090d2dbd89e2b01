/** A JSON Schema as it came from a tool's listing: anything may be in it. */
type Schema = Readonly<Record<string, unknown>>;

/** Subschemas that bear on one value, at the most: a schema may refer to itself without end. */
const MAX_SCHEMAS = 64;

/**
 * What a tool's schema says about a value and what lies below it. Every branch that could apply counts: it is not
 * checked which one does, so that doubt hides a value rather than showing it.
 */
export interface SchemaView {
  /** The schema marks the value itself: `writeOnly`, `format: password` or `x-sensitive`. */
  readonly sensitive: boolean;
  property(name: string): SchemaView;
  item(index: number): SchemaView;
}

export function viewSchema(schema: unknown): SchemaView {
  return isSchema(schema) ? view([schema], schema) : NOTHING;
}

const NOTHING: SchemaView = { sensitive: false, property: () => NOTHING, item: () => NOTHING };

function view(schemas: readonly unknown[], root: Schema): SchemaView {
  const all = flatten(schemas, root);
  if (all.length === 0) return NOTHING;
  return {
    sensitive: all.some(
      (schema) =>
        schema["writeOnly"] === true || schema["format"] === "password" || isSet(schema["x-sensitive"]),
    ),
    property: (name) =>
      view(
        all.flatMap((schema) => propertySchemas(schema, name)),
        root,
      ),
    item: (index) =>
      view(
        all.flatMap((schema) => itemSchemas(schema, index)),
        root,
      ),
  };
}

/** The schemas, what they refer to, and their branches. */
function flatten(schemas: readonly unknown[], root: Schema): Schema[] {
  const found = new Set<Schema>();
  const open = [...schemas];
  while (open.length > 0 && found.size < MAX_SCHEMAS) {
    const schema = open.shift();
    if (!isSchema(schema) || found.has(schema)) continue;
    found.add(schema);
    for (const key of ["allOf", "anyOf", "oneOf"]) open.push(...listOf(schema[key]));
    for (const key of ["if", "then", "else"]) open.push(schema[key]);
    open.push(...valuesOf(schema["dependentSchemas"]));
    if (typeof schema["$ref"] === "string") open.push(resolveLocal(schema["$ref"], root));
  }
  return [...found];
}

/** Patterns are not tried: they come from the tool's server and could be made to run for ever. */
function propertySchemas(schema: Schema, name: string): unknown[] {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const named = Object.hasOwn(properties, name) ? [properties[name]] : [schema["additionalProperties"]];
  return [...named, schema["unevaluatedProperties"], ...valuesOf(schema["patternProperties"])];
}

function itemSchemas(schema: Schema, index: number): unknown[] {
  const tuple = [...listOf(schema["prefixItems"]), ...listOf(schema["items"])];
  return [tuple[index], schema["items"], schema["additionalItems"], schema["contains"]];
}

/** `#/$defs/name` and the like; other documents are not fetched. */
function resolveLocal(reference: string, root: Schema): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let target: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isSchema(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  return target;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSet(mark: unknown): boolean {
  return mark !== undefined && mark !== null && mark !== false;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(value: unknown): readonly unknown[] {
  return isSchema(value) ? Object.values(value) : [];
}
