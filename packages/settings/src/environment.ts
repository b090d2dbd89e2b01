import { isSecretSchema } from "@sark/observability/settings";
import { z } from "zod";
import type { SettingsDefinition } from "./definition.ts";

/** One scalar setting: where it stands in the configuration, and its environment variable. */
export interface Setting {
  readonly path: readonly [string] | readonly [string, string];
  readonly variable: string;
  readonly schema: z.ZodType;
}

/** `http.maxBodySize` is `SARK_HTTP_MAX_BODY_SIZE`. */
function variableOf(path: readonly string[], { prefix, wellKnown }: Naming): string {
  const derived = path
    .join("_")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase();
  return wellKnown[path.join(".")] ?? `${prefix}${derived}`;
}

type Naming = Pick<SettingsDefinition<z.ZodType>, "prefix" | "wellKnown">;

function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function isScalar(schema: z.ZodType): boolean {
  const inner = unwrap(schema);
  return !(inner instanceof z.ZodObject || inner instanceof z.ZodArray || inner instanceof z.ZodRecord);
}

/** Every setting that an environment variable can give: the scalars, one or two levels deep. */
export function settings(definition: Naming & Pick<SettingsDefinition<z.ZodType>, "shape">): Setting[] {
  const found: Setting[] = [];
  const { $schema: _, ...sections } = definition.shape;
  for (const [name, schema] of Object.entries(sections)) {
    const inner = unwrap(schema);
    if (isScalar(schema)) {
      found.push({ path: [name], variable: variableOf([name], definition), schema });
    }
    if (!(inner instanceof z.ZodObject)) {
      continue;
    }
    for (const [key, child] of Object.entries(inner.shape) as [string, z.ZodType][]) {
      if (isScalar(child)) {
        found.push({ path: [name, key], variable: variableOf([name, key], definition), schema: child });
      }
    }
  }
  return found;
}

/** Turns the text of a variable into what the schema expects. A variable may hold a secret itself. */
export function parseScalar({ schema, variable }: Setting, text: string): unknown {
  const inner = unwrap(schema);
  if (isSecretSchema(inner) && !text.includes("${")) {
    // The variable is where the secret is: the configuration refers to it.
    return `\${${variable}}`;
  }
  if (inner instanceof z.ZodNumber && text.trim() !== "") {
    return Number(text);
  }
  return inner instanceof z.ZodBoolean ? (FLAGS[text] ?? text) : text;
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false };
