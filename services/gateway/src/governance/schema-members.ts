import { isJsonObject, type Json, type JsonObject, createFold, foldSpelling, type Fold } from "@sark/json";
import { createBudget, TOO_LARGE } from "./schema-budget.ts";
import { placesOf, type Place } from "./schema-places.ts";
import { isOfOtherType } from "./schema-types.ts";

/** Subschemas that are looked at for one call; a server chooses its schemas. What goes beyond is in doubt. */
const MAX_SUBSCHEMAS = 20_000;
/** Times that a key or a value of the arguments is compared with a subschema. */
const MAX_COMPARISONS = 1_000_000;

/**
 * Whether somewhere in the arguments a key is a property of the tool's own schema but for case, normalisation,
 * invisible characters, `_` or `-`, or a value is of another type than the schema says. To a server that ignores the
 * one (pydantic models with aliases in camel case take their names in snake case, too), or converts the other, it is a
 * property or a value that policies have not seen. Follows `properties`, `items`, the alternatives of a schema, and references within it.
 */
export function differsFromSchema(given: JsonObject, schema: JsonObject): boolean {
  const compare = createBudget(MAX_COMPARISONS);
  const spend = createBudget(MAX_SUBSCHEMAS);
  const places = placesOf(schema);
  const met = new Set<Place>();
  const foldKey = createFold(foldSpelling);
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
      return value.some((element) => differs(element, pay(places.element(applied))));
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
      // To look a name up takes longer than to compare one.
      compare(2 * applied.length);
      return differs(inner, pay(places.member(applied, key)));
    });
  }

  /** Each call pays for the places that it comes to, whether they were known or not: what is in doubt once always is. */
  function pay(place: Place): Place {
    if (!met.has(place)) {
      met.add(place);
      compare(place.comparisons);
      spend(place.subschemas);
    }
    return place;
  }

  try {
    return differs(given, pay(places.root()));
  } catch (error) {
    if (error === TOO_LARGE) {
      return true;
    }
    throw error;
  }
}

/** A listing's schemas are not changed after they were parsed: what was found out once holds. */
const foldedNames = new WeakMap<JsonObject, ReadonlySet<string>>();
const foldOfSchema = new WeakMap<JsonObject, Fold>();

/** One for all calls of a tool: a server that lists megabytes of names beyond ASCII would take the thread for a minute. */
function foldFor(root: JsonObject): Fold {
  let fold = foldOfSchema.get(root);
  if (fold === undefined) {
    foldOfSchema.set(root, (fold = createFold(foldSpelling)));
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
