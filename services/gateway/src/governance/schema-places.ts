import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { createBudget } from "./schema-budget.ts";
import { typesOfAny, type Types } from "./schema-types.ts";

/** Subschemas that apply to one place. */
const MAX_SUBSCHEMAS = 20_000;
/** Places of one schema that are remembered: a schema that refers to itself has as many as callers like. */
const MAX_KEPT = 256;

/** Keywords that apply further schemas to the same value. */
const ALTERNATIVES = ["allOf", "anyOf", "oneOf"] as const;
const CONDITIONS = ["if", "then", "else"] as const;

/** The schemas that apply to one value. */
export type Applied = readonly JsonObject[];

/** What applies to one place of the arguments. */
export interface Place {
  readonly applied: Applied;
  readonly types: Types;
  /** What it takes to find it out: subschemas that were looked at, and comparisons. */
  readonly subschemas: number;
  readonly comparisons: number;
}

/** The places of a schema. Each throws `TOO_LARGE` where more applies than is looked at. */
export interface Places {
  /** All of the arguments. */
  root(): Place;
  /** The elements of a list to which `applied` applies. */
  element(applied: Applied): Place;
  /** A member of an object to which `applied` applies. */
  member(applied: Applied, key: string): Place;
}

/** A listing's schemas are not changed after they were parsed: what was found out once holds for all calls. */
const known = new WeakMap<JsonObject, Places>();

export function placesOf(schema: JsonObject): Places {
  let places = known.get(schema);
  if (places === undefined) {
    known.set(schema, (places = createPlaces(schema)));
  }
  return places;
}

/** Of the keys of a place: its elements, and all members that no schema names, to which the same applies. */
const ELEMENT = Symbol("element");
const UNNAMED = Symbol("unnamed");
type Key = string | typeof ELEMENT | typeof UNNAMED;

function createPlaces(schema: JsonObject): Places {
  const around: Applied = [{ items: schema }];
  let kept = new Map<Applied, Map<Key, Place>>();
  let size = 0;

  function place(applied: Applied, key: Key, schemas: () => readonly Json[]): Place {
    const found = kept.get(applied)?.get(key);
    if (found !== undefined) {
      return found;
    }
    const made = look(schema, applied, schemas());
    if (size >= MAX_KEPT) {
      kept = new Map();
      size = 0;
    }
    const keys = kept.get(applied) ?? new Map<Key, Place>();
    kept.set(applied, keys.set(key, made));
    size += 1;
    return made;
  }

  const element = (applied: Applied) => place(applied, ELEMENT, () => applied.flatMap(elementSchemas));
  return {
    root: () => element(around),
    element,
    member: (applied, key) =>
      place(applied, isNamed(applied, key) ? key : UNNAMED, () =>
        applied.flatMap((one) => memberSchemas(one, key)),
      ),
  };
}

function look(root: JsonObject, applied: Applied, schemas: readonly Json[]): Place {
  const spend = createBudget(MAX_SUBSCHEMAS);
  let subschemas = 0;
  const count = (more: number): void => {
    subschemas += more;
    spend(more);
  };
  const said = schemas.filter(isJsonObject);
  const types = typesOfAny(said, (reference) => {
    count(1);
    return resolve(root, reference);
  });
  // Collecting what applies takes longer than comparing a name.
  return { applied: expand(root, said, count), types, subschemas, comparisons: 10 * applied.length };
}

/** They, and all that apply to the same value because of them. */
function expand(root: JsonObject, schemas: readonly Json[], count: (more: number) => void): Applied {
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
      count(branches.length);
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
    count(1);
  }
  return [...found];
}

function isNamed(applied: Applied, key: string): boolean {
  return applied.some(({ properties = null }) => isJsonObject(properties) && Object.hasOwn(properties, key));
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
