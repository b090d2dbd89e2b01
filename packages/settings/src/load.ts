import { readRegularFile } from "@sark/observability/files";
import { referencedVariables } from "@sark/observability/settings";
import type { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { PlaceOf, Problem, SettingsDefinition } from "./definition.ts";
import { parseScalar, settings } from "./environment.ts";
import { findRepeatedKey } from "./repeated-key.ts";

const MAX_FILE_BYTES = 16 * 1024 * 1024;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * Reads the configuration once: the file, then environment variables over it. The result is frozen.
 * Throws `ConfigurationError` naming every setting at fault; unknown settings and unknown variables of the service
 * are refused, so that a typing error cannot pass for a default.
 */
export function loadSettings<S extends z.ZodType>(
  definition: SettingsDefinition<S>,
  source: {
    readonly file?: string | undefined;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): z.output<S> {
  const raw = source.file === undefined ? {} : readFile(source.file);
  const { placeOf, problems: retired } = definition.adopt?.(raw) ?? AS_WRITTEN;
  const variables = applyEnvironment(definition, raw, source.environment);
  if (retired.length > 0) {
    throw invalid(retired);
  }
  const parsed = definition.schema.safeParse(raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, placeOf));
    throw invalid(problems.map((problem) => inWords(definition, problem, variables)));
  }
  return deepFreeze(parsed.data);
}

const AS_WRITTEN: { readonly placeOf: PlaceOf; readonly problems: readonly Problem[] } = {
  placeOf: (path) => path,
  problems: [],
};

function invalid(problems: readonly Problem[]): ConfigurationError {
  const lines = problems.map(({ place, message }) => `  ${place || "(top)"}: ${message}`);
  return new ConfigurationError(`The configuration is not valid:\n${[...new Set(lines)].join("\n")}`);
}

/** What the schema library says where a schema has no words of its own. */
const UNSPECIFIC = "Invalid input";

/** Each thing that is wrong, with the place where it stands. */
function problemsOf(
  issue: z.core.$ZodIssue,
  placeOf: PlaceOf,
  within: readonly PropertyKey[] = [],
): Problem[] {
  const path = [...within, ...issue.path];
  // What is wrong with a key, or with each form that a value could have, stands one level further down.
  const inner =
    issue.code === "invalid_key" || issue.code === "invalid_element"
      ? issue.issues
      : issue.code === "invalid_union" && issue.message === UNSPECIFIC
        ? issue.errors.flat()
        : [];
  if (inner.length > 0) {
    return inner.flatMap((deeper) => problemsOf(deeper, placeOf, path));
  }
  return [{ place: placeOf(path).map(String).join("."), message: issue.message }];
}

function readFile(file: string): JsonObject {
  let value: unknown;
  let text: string;
  try {
    // Some editors begin a file with a byte order mark.
    text = readRegularFile(file, MAX_FILE_BYTES)
      .toString("utf8")
      .replace(/^\ufeff/, "");
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(`Cannot read the configuration file ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (!isJsonObject(value)) {
    throw new ConfigurationError(`${file} must hold one JSON object.`);
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== null) {
    throw invalid([{ place: repeated, message: "is written twice; put it into one" }]);
  }
  return value;
}

/** What the schema library says, in other words. */
const WORDS: Readonly<Record<string, string>> = {
  "Invalid input: expected number, received NaN": "must be a number",
  "Invalid input: expected boolean, received string": "must be true or false",
};

/** Says which variable a value came from, and what the service adds. */
function inWords(
  { hint }: Pick<SettingsDefinition<z.ZodType>, "hint">,
  { place, message }: Problem,
  variables: ReadonlyMap<string, string>,
): Problem {
  const variable = variables.get(place);
  return {
    place: variable === undefined ? place : `${place} (${variable})`,
    message: (WORDS[message] ?? message) + (hint?.(place, message) ?? ""),
  };
}

/** Returns the variables that were used, by the place of their setting. */
function applyEnvironment(
  definition: SettingsDefinition<z.ZodType>,
  raw: JsonObject,
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const used = new Map<string, string>();
  const known = settings(definition);
  const names = new Set([...known.map((setting) => setting.variable), ...definition.otherVariables]);
  for (const name of referredTo(raw)) {
    names.add(name);
  }
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith(definition.prefix) && !names.has(name),
  );
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `Unknown environment variables: ${unknown.join(", ")}${definition.hint?.("", unknown.join(" ")) ?? ""}. See --help for the list.`,
    );
  }
  for (const setting of known) {
    const text = environment[setting.variable];
    if (text === undefined || text === "") {
      continue;
    }
    used.set(setting.path.join("."), setting.variable);
    const [section, key] = setting.path;
    const value = parseScalar(setting, text) as string | number;
    if (key === undefined) {
      raw[section] = value;
      continue;
    }
    const group = (raw[section] ??= {});
    if (isJsonObject(group)) {
      group[key] = value;
    }
  }
  return used;
}

/** Variables whose values the file asks for, as secrets. */
function referredTo(value: Json): readonly string[] {
  if (typeof value === "string") {
    return referencedVariables(value);
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referredTo) : [];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) {
      deepFreeze(child);
    }
    Object.freeze(value);
  }
  return value;
}
