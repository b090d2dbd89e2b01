/** A request and its response as the documentation shows them, and as a test sends and compares them. */
export interface Example {
  readonly request?: {
    readonly path?: Readonly<Record<string, unknown>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly body?: unknown };
}

/** A value that is another one each time: in requests the one of this name, in responses any of the same form. */
export interface Varying {
  readonly shown: unknown;
  readonly name: string | undefined;
}

class VaryingValue implements Varying {
  readonly shown: unknown;
  readonly name: string | undefined;
  /** Whether names of members may be others, too. */
  readonly isOpen: boolean;

  constructor(shown: unknown, name: string | undefined, isOpen = false) {
    this.shown = shown;
    this.name = name;
    this.isOpen = isOpen;
  }
}

/**
 * A value of which the kind is the same each time. `null`: there may be a number, text or truth value in its place by then.
 *
 * @param name in a request: what a test puts in its place
 */
export function varies(shown: unknown, name?: string): Varying {
  return new VaryingValue(shown, name);
}

/** A value of which only the kind is the same each time: objects may have other members, lists other items. */
export function variesFreely(shown: unknown): Varying {
  return new VaryingValue(shown, undefined, true);
}

/** The example as documents show it. */
export function shownExample<T>(example: T): T {
  return replace(example, ({ shown }) => shown) as T;
}

/** The example with these values in the places of those names. */
export function bindExample<T>(example: T, values: Readonly<Record<string, unknown>>): T {
  return replace(example, ({ name, shown }) =>
    name !== undefined && Object.hasOwn(values, name) ? values[name] : shown,
  ) as T;
}

function replace(value: unknown, by: (varying: Varying) => unknown): unknown {
  if (value instanceof VaryingValue) {
    return replace(by(value), by);
  }
  if (Array.isArray(value)) {
    return value.map((one) => replace(one, by));
  }
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replace(one, by)]));
  }
  return value;
}

/** Where a real value is not as the example says, in words; empty when it is. */
export function differences(example: unknown, actual: unknown, place = "body"): string[] {
  if (example instanceof VaryingValue) {
    return formDifferences(example, actual, place);
  }
  if (Array.isArray(example) && Array.isArray(actual)) {
    return example.length === actual.length
      ? example.flatMap((one, at) => differences(one, actual[at], `${place}[${at}]`))
      : [`${place} has ${actual.length} items, not ${example.length}`];
  }
  if (isObject(example) && isObject(actual)) {
    return memberDifferences(example, actual, place, differences);
  }
  return Object.is(example, actual)
    ? []
    : [`${place} is ${JSON.stringify(actual)}, not ${JSON.stringify(example)}`];
}

/** The form alone: kinds of values and names of members. Lists need items of the form of their first one only. */
function formDifferences(example: unknown, actual: unknown, place: string): string[] {
  if (example instanceof VaryingValue) {
    if (example.shown === null) {
      return typeof actual === "object" && actual !== null
        ? [`${place} is ${kindOf(actual)}, not a value or null`]
        : [];
    }
    return example.isOpen
      ? kindDifferences(example.shown, actual, place)
      : formDifferences(example.shown, actual, place);
  }
  const differ = kindDifferences(example, actual, place);
  if (differ.length > 0) {
    return differ;
  }
  if (Array.isArray(example) && Array.isArray(actual)) {
    const [first] = example;
    return actual.flatMap((one, at) => formDifferences(first, one, `${place}[${at}]`));
  }
  return isObject(example) && isObject(actual)
    ? memberDifferences(example, actual, place, formDifferences)
    : [];
}

function memberDifferences(
  example: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
  place: string,
  compare: (example: unknown, actual: unknown, place: string) => string[],
): string[] {
  const names = new Set([...Object.keys(example), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    if (!Object.hasOwn(actual, name)) {
      return [`${place}.${name} is missing`];
    }
    return Object.hasOwn(example, name)
      ? compare(example[name], actual[name], `${place}.${name}`)
      : [`${place}.${name} is not in the example`];
  });
}

function kindDifferences(example: unknown, actual: unknown, place: string): string[] {
  return kindOf(example) === kindOf(actual) ? [] : [`${place} is ${kindOf(actual)}, not ${kindOf(example)}`];
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
