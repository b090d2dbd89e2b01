import { typeOf } from "./type-of.ts";

/** A JSON Schema, as far as configuration schemas use it. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** One setting: where it stands, what it may be, what it is when it is left out, and what it means. */
export interface SettingRow {
  /** `[]` for each entry of a list, `.*` for each of a map, `(x)` where the entry is of kind x. */
  readonly path: string;
  readonly type: string;
  /** As it is written in the file; `undefined` where there is none. */
  readonly fallback: string | undefined;
  readonly required: boolean;
  readonly text: string;
}

/** Every setting of a schema, in its order. */
export function listSettings(schema: JsonSchema, path = "", required = false): SettingRow[] {
  const below = childrenOf(schema, path);
  const text = schema.description ?? "";
  if (path === "" || (below.length > 0 && text === "")) {
    // A section is its settings: only what says something of its own has a row of its own.
    return below;
  }
  return [{ path, type: typeOf(schema), fallback: fallbackOf(schema), required, text }, ...below];
}

function childrenOf(schema: JsonSchema, path: string): SettingRow[] {
  const { properties, items, additionalProperties } = schema;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([key, child]) =>
      // What kind an entry is of stands in its path already; a row of its own is for what is said of it.
      child.const === undefined || (child.description ?? "") !== ""
        ? listSettings(child, path === "" ? key : `${path}.${key}`, schema.required?.includes(key) ?? false)
        : [],
    );
  }
  if (items !== undefined) {
    return childrenOf(items, `${path}[]`);
  }
  if (typeof additionalProperties === "object") {
    return childrenOf(additionalProperties, `${path}.*`);
  }
  return kindsOf(schema).flatMap(([kind, option]) => childrenOf(option, `${path}(${kind})`));
}

/** The kinds of an entry, where a constant of each tells them apart. */
function kindsOf({ anyOf, oneOf }: JsonSchema): [string, JsonSchema][] {
  const options = anyOf ?? oneOf ?? [];
  const kinds = options.flatMap((option): [string, JsonSchema][] => {
    const mark = Object.values(option.properties ?? {}).find(
      (property) => typeof property.const === "string",
    );
    return mark === undefined ? [] : [[String(mark.const), option]];
  });
  return kinds.length === options.length ? kinds : [];
}

function fallbackOf(schema: JsonSchema): string | undefined {
  const { default: value } = schema;
  const isSection = typeof value === "object" && value !== null && schema.properties !== undefined;
  return value === undefined || isSection ? undefined : JSON.stringify(value);
}
