import { isJsonObject, type Json, type JsonObject, createFold, foldName, type Fold } from "@sark/json";
import { isOfOtherType, typesOfAny, type Types } from "./schema-types.ts";

/** Subschemas that are looked at for one call; a server chooses its schemas. What goes beyond is in doubt. */
const MAX_SUBSCHEMAS = 20_000;
/** Times that a key or a value of the arguments is compared with a subschema. */
const MAX_COMPARISONS = 1_000_000;

/** Keywords that apply further schemas to the same value. */
const ALTERNATIVES = ["allOf", "anyOf", "oneOf"] as const;
const CONDITIONS = ["if", "then", "else"] as const;

/** The schemas that apply to one value. */
type Applied = readonly JsonObject[];

/** What applies to one place of the arguments. */
interface Place {
  readonly applied: Applied;
  readonly types: Types;
}

/**
 * Whether somewhere in the arguments a key is a property of the tool's own schema but for case, normalisation or
 * invisible characters, or a value is of another type than the schema says. To a server that ignores the one, or
 * converts the other, it is a property or a value that policies have not seen. Follows `properties`, `items`, the alternatives of a schema, and references within it.
 */
export function differsFromSchema(given: JsonObject, schema: JsonObject): boolean {
  const compare = createBudget(MAX_COMPARISONS);
  const below = createBelow(schema, compare);
  const foldKey = createFold(foldName);
  const foldProperty = foldFor(schema);

  function isAlike(key: string, properties: readonly JsonObject[]): boolean {
    compare(properties.length);
    if (properties.some((named) => Object.hasOwn(named, key))) {
      return false;
    }
    const folded = foldKey(key);
    return folded === null || properties.some((named) => foldsOf(named, foldProperty).has(folded));
  }

  function differs(value: Json, { applied, types }: Place): boolean {
    if (isOfOtherType(value, types)) {
      return true;
    }
    if (applied.length === 0) {
      return false;
    }
    if (Array.isArray(value)) {
      return value.some((element) => differs(element, below(applied, null)));
    }
    if (!isJsonObject(value)) {
      return false;
    }
    compare(applied.length);
    const properties = applied.map((one) => one["properties"] ?? null).filter(isJsonObject);
    return Object.entries(value).some(([key, inner]) => {
      if (properties.length > 0 && isAlike(key, properties)) {
        return true;
      }
      return differs(inner, below(applied, key));
    });
  }

  try {
    return differs(given, below([{ items: schema }], null));
  } catch (error) {
    if (error === TOO_LARGE) {
      return true;
    }
    throw error;
  }
}

const TOO_LARGE = new RangeError("the schema is too large to be followed");

/** Throws `TOO_LARGE` when more is spent. */
function createBudget(max: number): (steps: number) => void {
  let left = max;
  return (steps) => {
    left -= steps;
    if (left < 0) {
      throw TOO_LARGE;
    }
  };
}

/** What applies to a property, or (`null`) to the elements of a list; found out once for each place of the schema. */
function createBelow(
  root: JsonObject,
  compare: (steps: number) => void,
): (applied: Applied, key: string | null) => Place {
  const known = new Map<Applied, Map<string | null, Place>>();
  const spend = createBudget(MAX_SUBSCHEMAS);

  function expand(schemas: readonly Json[]): Applied {
    const found = new Set<JsonObject>();
    const open = [...schemas];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!isJsonObject(next) || found.has(next)) {
        continue;
      }
      found.add(next);
      for (const keyword of ALTERNATIVES) {
        const branches = next[keyword];
        if (!Array.isArray(branches)) {
          continue;
        }
        spend(branches.length);
        for (const branch of branches) {
          open.push(branch);
        }
      }
      for (const keyword of CONDITIONS) {
        open.push(next[keyword] ?? null);
      }
      if (typeof next["$ref"] === "string") {
        open.push(resolve(root, next["$ref"]));
      }
      spend(1);
    }
    return [...found];
  }

  return (applied, key) => {
    let places = known.get(applied);
    if (places === undefined) {
      known.set(applied, (places = new Map()));
    }
    let place = places.get(key);
    if (place === undefined) {
      // Collecting what applies takes longer than comparing a name.
      compare(10 * applied.length);
      const schemas = applied.flatMap((one) =>
        key === null ? elementSchemas(one) : memberSchemas(one, key),
      );
      const said = schemas.filter(isJsonObject);
      const types = typesOfAny(said, (reference) => {
        spend(1);
        return resolve(root, reference);
      });
      places.set(key, (place = { applied: expand(said), types }));
    }
    return place;
  };
}

/** Which of them applies to which element does not matter: each may name what it has. */
function elementSchemas({ items = null, prefixItems = null, contains = null }: JsonObject): Json[] {
  return [items, contains, ...(Array.isArray(prefixItems) ? prefixItems : [])];
}

function memberSchemas(schema: JsonObject, key: string): Json[] {
  const { properties = null, patternProperties = null, additionalProperties = null } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) {
    return [properties[key] ?? null];
  }
  return [additionalProperties, ...(isJsonObject(patternProperties) ? Object.values(patternProperties) : [])];
}

/** A listing's schemas are not changed after they were parsed: what was found out once holds. */
const foldedNames = new WeakMap<JsonObject, ReadonlySet<string>>();
const foldOfSchema = new WeakMap<JsonObject, Fold>();

/** One for all calls of a tool: a server that lists megabytes of names beyond ASCII would take the thread for a minute. */
function foldFor(root: JsonObject): Fold {
  let fold = foldOfSchema.get(root);
  if (fold === undefined) {
    foldOfSchema.set(root, (fold = createFold(foldName)));
  }
  return fold;
}

function foldsOf(properties: JsonObject, fold: Fold): ReadonlySet<string> {
  let found = foldedNames.get(properties);
  if (found === undefined) {
    const folds = Object.keys(properties).map(fold);
    if (folds.includes(null)) {
      throw TOO_LARGE;
    }
    foldedNames.set(properties, (found = new Set(folds.filter((folded) => folded !== null))));
  }
  return found;
}

/** What a reference within the schema points at (RFC 6901); `null` for any other. */
function resolve(root: JsonObject, reference: string): Json {
  if (reference !== "#" && !reference.startsWith("#/")) {
    return null;
  }
  let value: Json = root;
  for (const token of reference.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) {
      return null;
    }
    value = value[key] ?? null;
  }
  return value;
}
