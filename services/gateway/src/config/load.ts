import { readRegularFile } from "@sark/observability/files";
import { referencedVariables } from "@sark/observability/settings";
import type { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import { adoptClientServers, type PlaceOf, type Problem } from "./client-servers.ts";
import { parseScalar, settings } from "./environment.ts";
import { findRepeatedKey } from "./repeated-key.ts";
import { configSchema, type GatewayConfig } from "./schema.ts";

const MAX_FILE_BYTES = 16 * 1024 * 1024;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * Reads the configuration once: the file, then environment variables over it. The result is frozen.
 * Throws `ConfigurationError` naming every setting at fault; unknown settings and unknown `SARK_*`
 * variables are refused, so that a typing error cannot pass for a default.
 */
export function loadConfig(options: {
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): GatewayConfig {
  const raw = options.file === undefined ? {} : readFile(options.file);
  const { placeOf, problems: retired } = adoptClientServers(raw);
  const variables = applyEnvironment(raw, options.environment);
  if (retired.length > 0) {
    throw invalid(retired);
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, placeOf));
    throw invalid(problems.map((problem) => inWords(problem, variables)));
  }
  return deepFreeze(parsed.data);
}

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

/** Says which variable a value came from, and what another client calls what this one has a name for. */
function inWords({ place, message }: Problem, variables: ReadonlyMap<string, string>): Problem {
  const variable = variables.get(place);
  const servers = place === "" && /"servers"/.test(message) ? "; MCP servers go into `mcpServers`" : "";
  const former = message.startsWith("Unrecognized key") ? formerForm(message) : "";
  return {
    place: variable === undefined ? place : `${place} (${variable})`,
    message: (WORDS[message] ?? message) + servers + former,
  };
}

/** What to write in place of a setting that is named as in the first versions, with its unit or as a file. */
function formerForm(names: string): string {
  const units = /(?:Ms|Seconds|Days|Bytes)"|_(?:MS|SECONDS|DAYS|BYTES)\b/.test(names)
    ? '; durations and sizes are written with their unit ("30s", "64KiB"), in settings without one in the name'
    : "";
  const files = /File"|_FILE\b/.test(names) ? "; the file of a secret is written as `${file:PATH}`" : "";
  const audiences = names.includes('"audience"') ? "; write `audiences`, a list" : "";
  return units + files + audiences;
}

/** Returns the variables that were used, by the place of their setting. */
function applyEnvironment(
  raw: JsonObject,
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const used = new Map<string, string>();
  const known = settings();
  const names = new Set([...known.map((setting) => setting.variable), "SARK_CONFIG"]);
  for (const name of referredTo(raw)) {
    names.add(name);
  }
  const unknown = Object.keys(environment).filter((name) => name.startsWith("SARK_") && !names.has(name));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `Unknown environment variables: ${unknown.join(", ")}${formerForm(unknown.join(" "))}. See --help for the list.`,
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
