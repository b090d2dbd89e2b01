import {
  eachBranch,
  eachItemSchema,
  eachPropertySchema,
  hasReference,
  isMarked,
  isSchema,
  tupleLength,
  type Schema,
  type SchemaBudget,
} from "./schema-keywords.ts";

/**
 * What a tool's schema says about a value and what lies below it. Every branch that could apply counts: it is not
 * checked which one does, so that doubt hides a value rather than showing it.
 */
export interface SchemaView {
  /** The schema marks the value itself: `writeOnly`, `format: password` or `x-sensitive`. */
  readonly sensitive: boolean;
  property(name: string): SchemaView;
  item(index: number): SchemaView;
  /** Properties that have a schema of their own; none of a schema that is too large, whose properties are all sensitive. */
  names(): readonly string[];
  /** Views of all that can stand directly in the value: its properties, listed or not, and its items. */
  inner(): Iterable<SchemaView>;
}

/** Steps of work on one schema in its whole life: a few milliseconds. Who lists tools chooses how large they are. */
const MAX_STEPS = 50_000;
/** Subschemas that bear on one value. */
const MAX_SCHEMAS = 64;

const NOTHING: SchemaView = {
  sensitive: false,
  property: () => NOTHING,
  item: () => NOTHING,
  names: () => [],
  inner: () => [],
};
/** For what is too large to be understood. */
const EVERYTHING: SchemaView = {
  sensitive: true,
  property: () => EVERYTHING,
  item: () => EVERYTHING,
  names: () => [],
  inner: () => [],
};

/** Of schemas that are in use; a listing's schemas are not changed after they were parsed. */
const views = new WeakMap<Schema, SchemaView>();

/**
 * The view of a schema, made once for one object: it must not be changed afterwards. All work on one schema is
 * bounded; where the bound is met, everything counts as sensitive.
 */
export function viewSchema(schema: unknown): SchemaView {
  if (!isSchema(schema)) {
    return NOTHING;
  }
  let view = views.get(schema);
  if (view === undefined) {
    views.set(schema, (view = compile(schema)));
  }
  return view;
}

class SchemaTooLargeError extends Error {
  override readonly name = "SchemaTooLargeError";
}
/** One for all: it is thrown for every value of a call whose schema is spent, and a stack each would cost more. */
const TOO_LARGE = new SchemaTooLargeError("the schema is too large");

function compile(root: Schema): SchemaView {
  const budget = createBudget(MAX_STEPS);
  return orEverything(() => (mayMark(root, budget) ? createViews(root, budget)([root]) : NOTHING));
}

function orEverything(make: () => SchemaView): SchemaView {
  return orElse(make, EVERYTHING);
}

function orElse<T>(make: () => T, whenTooLarge: T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof SchemaTooLargeError) {
      return whenTooLarge;
    }
    throw error;
  }
}

function createBudget(max: number): SchemaBudget {
  let left = max;
  return {
    spend(steps) {
      left -= steps;
      if (left < 0) {
        throw TOO_LARGE;
      }
    },
  };
}

/** Whether anything anywhere in the document could be a mark. Most schemas have none, and are done with here. */
function mayMark(root: Schema, budget: SchemaBudget): boolean {
  const open: object[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) {
      // Before it is walked: that alone would take long.
      budget.spend(node.length);
      for (const child of node as readonly unknown[]) {
        if (isObject(child)) {
          open.push(child);
        }
      }
      continue;
    }
    if (isMarked(node as Schema) || hasReference(node as Schema)) {
      return true;
    }
    for (const key in node) {
      budget.spend(1);
      const child = (node as Schema)[key];
      if (isObject(child)) {
        open.push(child);
      }
    }
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Views by the set of subschemas they stand for: a schema that refers to itself comes back to the same ones. */
function createViews(root: Schema, budget: SchemaBudget): (schemas: readonly unknown[]) => SchemaView {
  const numbers = new Map<Schema, number>();
  const known = new Map<string, SchemaView>();

  function numberOf(schema: Schema): number {
    let number = numbers.get(schema);
    if (number === undefined) {
      numbers.set(schema, (number = numbers.size));
    }
    return number;
  }

  function viewOf(schemas: readonly unknown[]): SchemaView {
    const all = flatten(schemas, root, budget);
    if (all.length === 0) {
      return NOTHING;
    }
    if (all.some(isMarked)) {
      return EVERYTHING;
    }
    const key = all
      .map(numberOf)
      .sort((a, b) => a - b)
      .join();
    let view = known.get(key);
    if (view === undefined) {
      known.set(key, (view = createView(all, viewOf, budget)));
    }
    return view;
  }

  return viewOf;
}

/** `all`: subschemas without a mark of their own. What lies below a marked value is hidden with it. */
function createView(
  all: readonly Schema[],
  viewOf: (schemas: readonly unknown[]) => SchemaView,
  budget: SchemaBudget,
): SchemaView {
  const properties = new Map<string | null, SchemaView>();
  const items = new Map<number, SchemaView>();
  const tuple = Math.max(...all.map(tupleLength));
  let names: ReadonlySet<string> | null = null;

  function ownNames(): ReadonlySet<string> {
    if (names !== null) {
      return names;
    }
    const found = new Set<string>();
    for (const { properties } of all) {
      // Before the names are gathered: that alone takes long, and would be done again for each name that is asked for.
      budget.spend(1);
      if (!isSchema(properties)) {
        continue;
      }
      for (const name in properties) {
        budget.spend(1);
        found.add(name);
      }
    }
    return (names = found);
  }

  function below(each: (schema: Schema, found: (schema: unknown) => void) => void): SchemaView {
    return orEverything(() => {
      const schemas: unknown[] = [];
      for (const schema of all) {
        budget.spend(1);
        each(schema, (found) => void schemas.push(found));
      }
      return viewOf(schemas);
    });
  }

  /** All names without a schema of their own are one: `null`. */
  function property(name: string | null): SchemaView {
    let view = properties.get(name);
    if (view === undefined) {
      view = below((schema, found) => eachPropertySchema(schema, name, budget, found));
      properties.set(name, view);
    }
    return view;
  }

  function item(index: number): SchemaView {
    const place = Math.min(index, tuple);
    let view = items.get(place);
    if (view === undefined) {
      view = below((schema, found) => eachItemSchema(schema, place, found));
      items.set(place, view);
    }
    return view;
  }

  return {
    sensitive: false,
    property: (name) => orEverything(() => property(ownNames().has(name) ? name : null)),
    item,
    names: () => orElse(() => [...ownNames()], []),
    // One by one, as all are sensitive once the budget is spent.
    *inner() {
      for (const name of orElse(() => [...ownNames()], [])) {
        yield property(name);
      }
      yield property(null);
      for (let index = 0; index <= tuple; index += 1) {
        yield item(index);
      }
    },
  };
}

/** The schemas, their branches and what they refer to. */
function flatten(schemas: readonly unknown[], root: Schema, budget: SchemaBudget): readonly Schema[] {
  const found = new Set<Schema>();
  const open = [...schemas];
  for (let at = 0; at < open.length; at += 1) {
    const schema = open[at];
    if (!isSchema(schema) || found.has(schema)) {
      continue;
    }
    budget.spend(1);
    found.add(schema);
    if (found.size > MAX_SCHEMAS) {
      throw TOO_LARGE;
    }
    eachBranch(schema, root, budget, (branch) => void open.push(branch));
  }
  return [...found];
}
